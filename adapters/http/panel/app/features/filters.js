/** The funnel, the diskette, and the tabs that are saved with it (T5). */
import { addActs } from "../acts.js";
import { listTools, overlays } from "../extend.js";
import { html } from "../html.js";
import { addWords } from "../i18n.js";
import { FilterBar, isFinding } from "../filters/bar.js";
import { BuildDialog } from "../filters/builder.js";
import { editing, orderingTabs, saving } from "../filters/going.js";
import { OrderDialog } from "../filters/ordering.js";
import { SaveDialog } from "../filters/saving.js";
import { filter, isSet } from "../filters/state.js";
import { chatId, page } from "../state/route.js";
import words from "../words/filters.js";

addWords(words);

const isInbox = () => page.value === "inbox";
const isListShown = () => isInbox() && (chatId.value === null || window.innerWidth >= 760);

addActs(
  { id: "filters.find", label: "filters.act", group: "group.list", icon: "list-filter", keys: ["f"], when: isListShown, run: () => (isFinding.value = true) },
  { id: "filters.build", label: "filters.build", group: "group.list", icon: "sliders-horizontal", keys: ["Shift+f"], when: isInbox, run: () => (editing.value = { group: filter.value }) },
  { id: "filters.save", label: "filters.save", group: "group.list", icon: "save", keys: ["Mod+s"], inFields: true, when: () => isInbox() && isSet.value, run: () => (saving.value = { group: filter.value }) },
  { id: "filters.order", label: "filters.order", group: "group.list", icon: "grip-vertical", when: () => true, run: () => (orderingTabs.value = true) },
);

listTools.add({ id: "filters", order: 10, component: FilterBar });
overlays.add({ id: "filters", component: () => html`${editing.value && html`<${BuildDialog} />`}${saving.value && html`<${SaveDialog} />`}${orderingTabs.value && html`<${OrderDialog} />`}` });
