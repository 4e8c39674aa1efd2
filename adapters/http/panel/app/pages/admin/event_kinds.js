/** Which kinds of events a webhook is told of: all, or some. */
import { html, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { Switch } from "../../kit/index.js";

/** @param {{field: any, value: string[], all: string[], everything: string, error?: string, onChange: (value: string[]) => void}} given */
export function EventKinds({ field, value, all, everything, error, onChange }) {
  const [sought, setSought] = useState("");
  const isAll = value.includes(everything);
  const toggle = (kind, isIn) => onChange(isIn ? [...value, kind] : value.filter((one) => one !== kind));
  const shown = all.filter((kind) => kind.includes(sought.trim().toLowerCase()) || value.includes(kind));
  return html`<fieldset class="members">
    <legend>${t(field.label)}</legend>
    <${Switch} label=${t("hooks.everything")} help=${t("hooks.everythingHelp")} checked=${isAll} onChange=${(on) => onChange(on ? [everything] : [])} />
    ${!isAll && html`
      <input type="search" class="input" aria-label=${t("hooks.findKind")} placeholder=${t("hooks.findKind")} value=${sought} onInput=${(event) => setSought(event.currentTarget.value)} />
      <div class="event-kinds" role="group" aria-label=${t(field.label)}>
        ${shown.map((kind) => html`<label key=${kind} class="check"><input type="checkbox" checked=${value.includes(kind)} onChange=${(event) => toggle(kind, event.currentTarget.checked)} /><code>${kind}</code></label>`)}
      </div>`}
    ${error && html`<small class="field-error">${error}</small>`}
  </fieldset>`;
}
