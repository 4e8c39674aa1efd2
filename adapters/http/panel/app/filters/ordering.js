/** Tabs put in order, by dragging or by keys (WCAG 2.5.7). */
import { cls, html, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { attempt, Button, Dialog, Empty, Icon } from "../kit/index.js";
import { editing, orderingTabs, removeTab } from "./going.js";
import { order, tabs } from "./state.js";

export function OrderDialog() {
  /** While one drags: which tab, and the order as it would be. */
  const [drag, setDrag] = useState(null);
  const list = useRef(null);
  const all = drag ? drag.ids.map((id) => tabs.value.find((tab) => tab.id === id)).filter(Boolean) : tabs.value;
  const close = () => (orderingTabs.value = false);
  const moved = (id, to) => {
    const ids = all.map((tab) => tab.id).filter((one) => one !== id);
    return ids.toSpliced(to, 0, id);
  };
  const move = (id, to) => {
    if (to >= 0 && to < all.length) attempt(() => order(moved(id, to)));
  };
  const drop = () => {
    if (drag) attempt(() => order(drag.ids));
    setDrag(null);
  };
  const onKeyDown = (event, id, at) => {
    const by = event.altKey || event.ctrlKey ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : undefined;
    if (!by) return;
    event.preventDefault();
    move(id, at + by);
    setTimeout(() => list.current?.querySelector(`[data-tab="${CSS.escape(id)}"] button`)?.focus());
  };
  return html`<${Dialog} size="s" title=${t("filters.orderTitle")} onClose=${close}>
    ${!all.length && html`<${Empty} icon="bookmark" title=${t("filters.noTabs")}>${t("filters.noTabsText")}<//>`}
    <ol ref=${list} class="tab-order">${all.map((tab, at) => html`<li key=${tab.id} data-tab=${tab.id} draggable="true" class=${cls(drag?.id === tab.id && "tab-dragged")}
      onDragStart=${(event) => (event.dataTransfer.setData("text/plain", tab.id), setDrag({ id: tab.id, ids: all.map(({ id }) => id) }))} onDragEnd=${() => setDrag(null)}
      onDragOver=${(event) => (event.preventDefault(), drag && drag.ids[at] !== drag.id && setDrag({ ...drag, ids: moved(drag.id, at) }))} onDrop=${(event) => (event.preventDefault(), drop())} onKeyDown=${(event) => onKeyDown(event, tab.id, at)}>
      <${Icon} name="grip-vertical" size=${16} class="faint" /><${Icon} name=${tab.problem ? "triangle-alert" : tab.icon ?? "bookmark"} size=${16} />
      <span class="grow one-line">${tab.name}</span>
      <${Button} size="s" kind="quiet" icon="chevron-up" iconOnly label=${t("filters.up", { name: tab.name })} disabled=${at === 0} onClick=${() => move(tab.id, at - 1)} />
      <${Button} size="s" kind="quiet" icon="chevron-down" iconOnly label=${t("filters.down", { name: tab.name })} disabled=${at === all.length - 1} onClick=${() => move(tab.id, at + 1)} />
      ${tab.may_change && html`<${Button} size="s" kind="quiet" icon="pencil" iconOnly label=${t("filters.editTab", { name: tab.name })} onClick=${() => (close(), (editing.value = { tab }))} />
        <${Button} size="s" kind="quiet" icon="trash-2" iconOnly label=${t("filters.removeTitle", { name: tab.name })} onClick=${() => removeTab(tab)} />`}
    </li>`)}</ol>
    ${all.length > 1 && html`<p class="soft">${t("filters.orderHelp")}</p>`}
  <//>`;
}
