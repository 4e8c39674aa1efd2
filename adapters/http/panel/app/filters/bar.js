/** The funnel and the diskette above a list: what is asked of it, and how to keep that as a tab. */
import { html, signal, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { ActButton, Banner, Button, Icon, Menu, Picker, Popover } from "../kit/index.js";
import { fieldOf, loadCatalog } from "./catalog.js";
import { editing, orderingTabs, removeTab, saving } from "./going.js";
import { quick } from "./quick.js";
import { sayNode } from "./saying.js";
import { ask, clear, filter, isOpen, isSet } from "./state.js";
import { isGroup, isWhole, withRow } from "./tree.js";

/** Whether the box is open in which one finds what to filter by. */
export const isFinding = signal(false);

export function FilterBar({ list }) {
  const { tab } = list;
  return html`<div class="filters">
    <div class="filters-line">
      <${Find} />
      ${isSet.value && html`<${ActButton} act="filters.save" size="s" kind="quiet" iconOnly />
        <${Button} size="s" kind="quiet" icon="sliders-horizontal" iconOnly label=${t("filters.edit")} onClick=${() => (editing.value = { group: filter.value })} />
        <${Button} size="s" kind="quiet" icon="x" iconOnly label=${t("filters.clear")} onClick=${clear} />`}
      <span class="grow"></span>
      ${tab && html`<${TabMenu} tab=${tab} />`}
    </div>
    ${isSet.value && html`<${Chips} />`}
    ${tab?.problem && html`<${TabProblem} tab=${tab} />`}
  </div>`;
}

function Find() {
  const anchor = useRef(null);
  const open = () => (isFinding.value = !isFinding.value);
  useEffect(() => () => (isFinding.value = false), []);
  return html`<span>
    <${ActButton} act="filters.find" size="s" kind="quiet" refer=${anchor} aria-expanded=${isFinding.value ? "true" : "false"} aria-haspopup="dialog" onClick=${open} />
    ${isFinding.value && html`<${Popover} anchor=${anchor} label=${t("filters.find")} role="dialog" class="filters-find" onClose=${() => (isFinding.value = false)}><${FindBox} /><//>`}
  </span>`;
}

function FindBox() {
  const reading = useRef(null);
  reading.current ??= loadCatalog();
  const find = (text) => reading.current.then(() => quick(text));
  const choose = ({ row }) => {
    ask(withRow(filter.value, row));
    isOpen.value = true;
    isFinding.value = false;
  };
  const build = () => {
    isFinding.value = false;
    editing.value = { group: filter.value };
  };
  return html`<${Picker} hideLabel label=${t("filters.find")} placeholder=${t("filters.placeholder")} find=${find} onChoose=${choose} />
    <${Button} size="s" kind="quiet" icon="sliders-horizontal" label=${t("filters.build")} onClick=${build} />`;
}

function Chips() {
  const { join, rows } = filter.value;
  const without = (at) => ask({ join, rows: rows.filter((_, number) => number !== at) });
  return html`<p class="chips filters-chips" aria-label=${t("filters.set")}>
    ${rows.map((row, at) => (isGroup(row) || isWhole(row)) && html`<button key=${at} type="button" class="chip" aria-label=${t("filters.without", { row: sayNode(row) })} onClick=${() => without(at)}>
      <${Icon} name=${isGroup(row) ? "layers" : fieldOf(row.field).icon} size=${13} /> ${sayNode(row)} <${Icon} name="x" size=${13} />
    </button>`)}
    ${join !== "all" && rows.length > 1 && html`<span class="soft">${t(`filters.join.${join}`)}</span>`}
  </p>`;
}

function TabMenu({ tab }) {
  const items = [
    tab.may_change && { id: "edit", icon: "sliders-horizontal", label: t("filters.edit"), run: () => (editing.value = { tab }) },
    tab.may_change && { id: "name", icon: "pencil", label: t("filters.rename"), run: () => (saving.value = { tab }) },
    { id: "order", icon: "grip-vertical", label: t("filters.order"), run: () => (orderingTabs.value = true) },
    ...(tab.may_change ? [null, { id: "remove", icon: "trash-2", danger: true, label: t("filters.remove"), run: () => removeTab(tab) }] : []),
  ];
  return html`<${Menu} button=${{ label: t("filters.tabMenu"), icon: "ellipsis", iconOnly: true, kind: "quiet", size: "s" }} items=${items} />`;
}

/** A tab whose tag or field is no more holds nothing, and says why (T5). */
function TabProblem({ tab: { problem, ...tab } }) {
  const texts = { tag_removed: t("filters.tagRemoved", { tags: (problem.tags ?? []).join(", ") }), field_removed: t("filters.fieldRemoved") };
  const action = tab.may_change && html`<${Button} size="s" kind="quiet" icon="sliders-horizontal" label=${t("filters.mend")} onClick=${() => (editing.value = { tab })} />`;
  return html`<${Banner} tone="warn" action=${action}>${texts[problem.code] ?? t("filters.unreadable")}<//>`;
}
