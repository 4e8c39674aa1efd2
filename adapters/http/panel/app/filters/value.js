/** What a question of a filter is compared with: values to choose, words, a number, a day, a span of time. */
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "../kit/index.js";
import { CLOCKS, nameOfValue, PERIODS, SETS, UNITS } from "./catalog.js";

export function Value({ field, row, onChange }) {
  const put = (value) => onChange({ ...row, value });
  if (SETS.has(field.kind)) return html`<${Several} field=${field} value=${row.value} onChange=${put} />`;
  if (field.kind === "period" || (field.kind === "date" && (row.is === "within" || row.is === "before"))) return html`<${Span} field=${field} row=${row} onChange=${onChange} />`;
  if (field.kind === "date") return html`<input class="input" type="date" aria-label=${t("filters.valueLabel")} value=${row.value} onInput=${(event) => put(event.currentTarget.value)} />`;
  if (field.kind === "number") return html`<input class="input" type="number" step="any" aria-label=${t("filters.valueLabel")} value=${row.value} onInput=${(event) => put(event.currentTarget.value === "" ? "" : Number(event.currentTarget.value))} />`;
  return html`<input class="input" aria-label=${t("filters.valueLabel")} maxlength="200" value=${row.value} onInput=${(event) => put(event.currentTarget.value)} />`;
}

/** One or several of what there is; where nothing is known, what is written. */
function Several({ field, value, onChange }) {
  const [text, setText] = useState("");
  const choices = field.choices?.() ?? [];
  const left = choices.filter(([id]) => !value.includes(id));
  const write = (event) => {
    if (event.key !== "Enter" || event.isComposing || !text.trim()) return;
    event.preventDefault();
    onChange([...new Set([...value, text.trim()])]);
    setText("");
  };
  return html`<div class="chips">
    ${value.map((one) => html`<button key=${one} type="button" class="chip" aria-label=${t("filters.withoutValue", { name: nameOfValue(field, one) })} onClick=${() => onChange(value.filter((other) => other !== one))}>${nameOfValue(field, one)} <${Icon} name="x" size=${13} /></button>`)}
    ${choices.length > 0
      ? left.length > 0 && html`<select class="input filter-more" aria-label=${t("filters.addValue")} value="" onChange=${(event) => event.currentTarget.value && onChange([...value, event.currentTarget.value])}>
          <option value="" selected>${t("filters.addValue")}</option>${left.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
        </select>`
      : html`<input class="input filter-more" aria-label=${t("filters.addValue")} placeholder=${t("filters.addValue")} value=${text} onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${write} />`}
  </div>`;
}

/** A span of time that has a name, the last so many of a unit, or from one day to another. */
function Span({ field, row, onChange }) {
  const { value } = row;
  const kind = typeof value === "string" ? value || "today" : "last" in value ? "last" : "range";
  const units = field.kind === "date" ? UNITS.slice(2) : UNITS;
  const put = (next) => onChange({ ...row, value: next });
  const choose = (event) => put({ last: { last: 7, unit: "days" }, range: { from: null, to: null } }[event.currentTarget.value] ?? event.currentTarget.value);
  return html`<div class="filter-span">
    ${field.kind === "period" && html`<select class="input" aria-label=${t("filters.clockLabel")} value=${row.of} onChange=${(event) => onChange({ ...row, of: event.currentTarget.value })}>
      ${CLOCKS.map((one) => html`<option key=${one} value=${one} selected=${one === row.of}>${t(`filters.clock.${one}`)}</option>`)}
    </select>`}
    <select class="input" aria-label=${t("filters.spanLabel")} value=${kind} onChange=${choose}>
      ${[...PERIODS, "last", "range"].map((one) => html`<option key=${one} value=${one} selected=${one === kind}>${t(`filters.period.${one}`)}</option>`)}
    </select>
    ${kind === "last" && html`<input class="input filter-number" type="number" min="1" max="1000" aria-label=${t("filters.numberLabel")} value=${value.last} onInput=${(event) => put({ ...value, last: Math.trunc(Number(event.currentTarget.value)) })} />
      <select class="input" aria-label=${t("filters.unitLabel")} value=${value.unit} onChange=${(event) => put({ ...value, unit: event.currentTarget.value })}>
        ${units.map((unit) => html`<option key=${unit} value=${unit} selected=${unit === value.unit}>${t(`filters.unit.${unit}`)}</option>`)}
      </select>`}
    ${kind === "range" && ["from", "to"].map((bound) => html`<input key=${bound} class="input" type="date" aria-label=${t(`filters.${bound}Label`)} value=${value[bound] ?? ""} onInput=${(event) => put({ ...value, [bound]: event.currentTarget.value || null })} />`)}
  </div>`;
}
