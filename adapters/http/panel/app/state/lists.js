/**
 * The lists of the panel, which rows they hold, in which order, and how many (V1–V11).
 *
 * @typedef {{id: string, icon: string, tone: string, label?: string, name?: string,
 *   params: object, order: "clock"|"activity", count?: () => number|string}} List
 */
import { computed, signal } from "@preact/signals";
import { watch } from "./live.js";
import { now } from "./now.js";
import { listId } from "./route.js";
import { me } from "./session.js";

const SECTIONS = [
  { id: "new", icon: "inbox", tone: "new", label: "lists.new", params: { section: "new" }, order: "clock" },
  { id: "waiting", icon: "hourglass", tone: "waiting", label: "lists.waiting", params: { section: "waiting", operator: "me" }, order: "clock" },
  { id: "open", icon: "message-circle", tone: "open", label: "lists.open", params: { section: "open", operator: "me" }, order: "activity" },
  { id: "unread", icon: "mail", tone: "unread", label: "lists.unread", params: { section: "unread", operator: "me" }, order: "activity" },
];
const EVERYBODYS = { id: "all", icon: "users", tone: "plain", label: "lists.all", params: { section: "all" }, order: "activity", isOpenOnly: true };
const CLOSED = { id: "closed", icon: "archive", tone: "plain", label: "lists.closed", params: { section: "closed" }, order: "activity" };

/** Further lists that other parts bring: saved filters. @type {import("@preact/signals").Signal<List[]>} */
export const moreLists = signal([]);

/** Narrows what is shown beside the list's own params: `{filter}`, `{tag}`, …; null for nothing. */
export const narrowing = signal(null);

export const sections = SECTIONS;
export const lists = computed(() => [
  ...SECTIONS,
  ...moreLists.value,
  ...(me.value && me.value.role !== "operator" ? [EVERYBODYS] : []),
  CLOSED,
]);
export const currentList = computed(() => lists.value.find(({ id }) => id === listId.value) ?? SECTIONS[0]);

let fixed = null;

/** What is always watched: the four lists, how many each holds, and who is there. */
export function standing() {
  fixed ??= {
    ...Object.fromEntries(SECTIONS.map((list) => [list.id, watch("chats", list.params)])),
    counts: watch("counts"),
    people: watch("operators"),
  };
  return fixed;
}

/** The view of a list, narrowed as the operator wants; `narrow` is null for the list as it is. */
export function watchList(list, narrow) {
  return watch("chats", { ...list.params, ...narrow });
}

/** Return how many chats a list holds: exact, or `1000+` (V11, S18). */
export function countOf(list) {
  if (list.count) return list.count();
  const watched = standing()[list.id];
  if (!watched) return null;
  const size = watched.items.size;
  if (!watched.rows.nextCursor) return watched.isLoaded.value ? size : null;
  return standing().counts.items.get("counts")?.[list.id] ?? size;
}

/** Return a list's rows in its order. @param {Iterable<any>} items */
export function ordered(items, list) {
  const rows = [...items].filter((chat) => !list.isOpenOnly || chat.closed_at === null);
  return list.order === "clock" ? rows.sort(byClock) : rows.sort(byActivity);
}

const byClock = (a, b) =>
  compare(a.waiting_since ?? "9", b.waiting_since ?? "9") || compare(a.opened_at, b.opened_at) || compare(a.id, b.id);
const byActivity = (a, b) => compare(b.last_activity_at, a.last_activity_at) || compare(b.id, a.id);

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Return where a chat is shown now, whenever its item was made (V6): `new`, `waiting`, `open`, `closed`. */
export function sectionOf(chat) {
  if (chat.closed_at) return "closed";
  if (!chat.operator) return "new";
  return chat.waiting_from && Date.parse(chat.waiting_from) <= now.value ? "waiting" : "open";
}

/** Return a chat's item, from whichever list holds it newest. */
export function chatFromLists(id, ...others) {
  const found = [...Object.values(standing()), ...others].map((watched) => watched?.items.get(id)).filter(Boolean);
  return found.reduce((best, one) => (!best || one.position > best.position ? one : best), null);
}

/** All my chats that hold something I have not read (V8). */
export const unreadChats = computed(() => (me.value ? ordered(standing().unread.items.values(), SECTIONS[3]) : []));
