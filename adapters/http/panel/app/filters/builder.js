/** The whole filter, row by row: all, any or none of what stands in a group, groups in groups (T5). */
import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { Banner, Button, Dialog } from "../kit/index.js";
import { recado } from "../state/session.js";
import { asked, BARE, fieldOf, loadCatalog, WAYS } from "./catalog.js";
import { editing } from "./going.js";
import { ask, clear, isOpen, loadTabs } from "./state.js";
import { fromTree, isGroup, isWhole, newRow, noRows, toTree } from "./tree.js";
import { Value } from "./value.js";

const DEEPEST = 3;
const JOINS = ["all", "any", "none"];

export function BuildDialog() {
  const { group: given, tab } = editing.value;
  const [group, setGroup] = useState(() => (tab ? fromTree(tab.filter) : given.rows.length ? given : noRows()));
  const [fault, setFault] = useState(null);
  const [found, setFound] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => void loadCatalog(), []);
  const tree = toTree(group);
  const text = JSON.stringify(tree);
  useEffect(() => counting(text, setFound, setFault), [text]);
  const close = () => (editing.value = null);
  const apply = async () => {
    if (!tab) {
      if (tree) ask(group);
      else clear();
      isOpen.value = Boolean(tree);
      return close();
    }
    setBusy(true);
    try {
      const { position } = await recado.act("PATCH", `/v1/filters/${encodeURIComponent(tab.id)}`, { filter: tree });
      await loadTabs(position);
      close();
    } catch (problem) {
      if (!("status" in problem)) throw problem;
      setFault(problem.message);
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  const footer = html`<span class="soft grow" role="status">${found !== null && tree ? t("filters.found", { n: found }) : ""}</span>
    <${Button} label=${t("kit.cancel")} onClick=${close} />
    <${Button} kind="primary" icon="list-filter" label=${t(tab ? "filters.saveGo" : "filters.apply")} busy=${busy} disabled=${Boolean(tab) && !tree} onClick=${apply} />`;
  return html`<${Dialog} size="l" title=${tab ? t("filters.editTab", { name: tab.name }) : t("filters.title")} onClose=${close} footer=${footer} class="builder">
    ${fault && html`<${Banner} tone="danger">${fault}<//>`}
    <${Group} group=${group} depth=${1} onChange=${setGroup} />
  <//>`;
}

const SOON = 250;

/** Ask how many chats a filter finds, once nobody types. Returns how to stop. */
function counting(text, setFound, setFault) {
  const leaving = new AbortController();
  const timer = setTimeout(() => {
    if (text === "null") return setFault(null);
    recado.get("/v1/chats", { filter: text, limit: 200 }, { signal: leaving.signal }).then(
      ({ items, next_cursor: more }) => (setFound(more ? `${items.length}+` : items.length), setFault(null)),
      (problem) => !leaving.signal.aborted && (setFound(null), setFault(problem.message)),
    );
    return undefined;
  }, SOON);
  return () => {
    clearTimeout(timer);
    leaving.abort();
  };
}

function Group({ group, depth, onChange, onRemove }) {
  const { join, rows } = group;
  const put = (at, node) => onChange({ ...group, rows: node ? rows.with(at, node) : rows.filter((_, number) => number !== at) });
  const add = (node) => onChange({ ...group, rows: [...rows, node] });
  const fields = asked.value;
  return html`<fieldset class="filter-group">
    <legend class="unseen">${t("filters.groupOf")}</legend>
    <div class="filter-head">
      <select class="input" aria-label=${t("filters.joining")} value=${join} onChange=${(event) => onChange({ ...group, join: event.currentTarget.value })}>
        ${JOINS.map((one) => html`<option key=${one} value=${one} selected=${one === join}>${t(`filters.join.${one}`)}</option>`)}
      </select>
      <span class="grow"></span>
      ${onRemove && html`<${Button} size="s" kind="quiet" icon="trash-2" iconOnly label=${t("filters.removeGroup")} onClick=${onRemove} />`}
    </div>
    ${rows.map((node, at) => (isGroup(node)
      ? html`<${Group} key=${at} group=${node} depth=${depth + 1} onChange=${(next) => put(at, next)} onRemove=${() => put(at, null)} />`
      : html`<${Row} key=${at} row=${node} fields=${fields} onChange=${(next) => put(at, next)} onRemove=${() => put(at, null)} />`))}
    <p class="filter-add">
      <${Button} size="s" icon="plus" label=${t("filters.addRow")} onClick=${() => add(newRow(fields[0]))} />
      ${depth < DEEPEST && html`<${Button} size="s" kind="quiet" icon="layers" label=${t("filters.addGroup")} onClick=${() => add({ join: "any", rows: [newRow(fields[0])] })} />`}
    </p>
  </fieldset>`;
}

function Row({ row, fields, onChange, onRemove }) {
  const field = fieldOf(row.field);
  const ways = WAYS[field.kind] ?? [row.is];
  const pick = (event) => onChange(newRow(fieldOf(event.currentTarget.value)));
  const turn = (event) => onChange({ ...row, is: event.currentTarget.value, value: fitting(field, event.currentTarget.value, row) });
  return html`<div class="filter-row">
    <select class="input" aria-label=${t("filters.fieldLabel")} value=${row.field} onChange=${pick}>
      ${!field.kind && html`<option value=${row.field} selected>${field.label()}</option>`}
      ${fields.map((one) => html`<option key=${one.key} value=${one.key} selected=${one.key === row.field}>${one.label()}</option>`)}
    </select>
    <select class="input" aria-label=${t("filters.wayLabel")} value=${row.is} onChange=${turn}>
      ${ways.map((way) => html`<option key=${way} value=${way} selected=${way === row.is}>${t(`filters.way.${way}`)}</option>`)}
    </select>
    <div class="filter-value">${!BARE.has(row.is) && html`<${Value} field=${field} row=${row} onChange=${onChange} />`}</div>
    <${Button} size="s" kind="quiet" icon="x" iconOnly label=${t("filters.removeRow")} onClick=${onRemove} />
  </div>`;
}

/** The value that goes over from one way of asking to another; what does not fit is begun anew. */
function fitting(field, is, row) {
  if (field.kind !== "date") return row.value;
  const isSpan = is === "within" || is === "before";
  const wasSpan = row.is === "within" || row.is === "before";
  return isSpan === wasSpan && isWhole(row) ? row.value : isSpan ? "today" : "";
}
