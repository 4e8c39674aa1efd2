/** The filter that is set now, and the tabs that are saved. */
import { computed, effect, signal } from "@preact/signals";
import { countOfTab } from "./counting.js";
import { moreLists, narrowing } from "../state/lists.js";
import { me, recado } from "../state/session.js";
import { fromTree, noRows, toTree } from "./tree.js";

/** What is asked of the list that is shown. @type {import("@preact/signals").Signal<import("./tree.js").Group>} */
export const filter = signal(fromAddress());
/** Whether the bar above the list is open. */
export const isOpen = signal(filter.value.rows.length > 0);
/** @type {import("@preact/signals").Signal<any[]>} */
export const tabs = signal([]);

const ours = computed(() => {
  const tree = toTree(filter.value);
  return tree ? { filter: JSON.stringify(tree) } : null;
});
let set = null;

/** Whether a filter narrows the list; another part may have narrowed it otherwise meanwhile. */
export const isSet = computed(() => ours.value !== null && narrowing.value === set);

export function ask(group) {
  filter.value = group;
}

export function clear() {
  filter.value = noRows();
  isOpen.value = false;
}

function fromAddress() {
  try {
    return fromTree(JSON.parse(new URLSearchParams(location.search).get("filter")));
  } catch {
    return noRows();
  }
}

effect(() => {
  const next = ours.value;
  if (next?.filter === set?.filter) return;
  // What another part narrowed stays, unless something is asked here.
  if (next || narrowing.peek() === set) narrowing.value = next;
  set = next;
  const query = new URLSearchParams(location.search);
  if (next) query.set("filter", next.filter);
  else query.delete("filter");
  const said = query.toString();
  history.replaceState(history.state, "", location.pathname + (said ? `?${said}` : ""));
});

const TONES = new Set(["new", "waiting", "open", "unread", "comment", "warn", "danger", "plain"]);

/** Read the tabs anew, not older than a position. */
export async function loadTabs(position) {
  tabs.value = (await recado.get("/v1/filters", { min_position: position })).items;
}

effect(() => {
  moreLists.value = tabs.value.map((tab) => ({
    id: tab.id, name: tab.name, icon: tab.icon ?? "bookmark", tone: TONES.has(tab.colour) ? tab.colour : "plain",
    params: { tab: tab.id }, order: "activity", count: () => (tab.problem ? null : countOfTab(tab.id)), problem: tab.problem, tab,
  }));
});

// Who shows everything again, wherever he does, wants no filter any more.
effect(() => {
  if (narrowing.value === null && set && filter.peek().rows.length) clear();
});

effect(() => {
  if (me.value) loadTabs().catch(() => {});
  else tabs.value = [];
});

/** Put tabs in this order, at once here; as it was where the service refuses. @param {string[]} ids */
export async function order(ids) {
  const before = tabs.value;
  tabs.value = ids.map((id) => before.find((tab) => tab.id === id)).filter(Boolean);
  try {
    await recado.act("PUT", "/v1/filters/order", { ids });
  } catch (problem) {
    tabs.value = before;
    throw problem;
  }
}
