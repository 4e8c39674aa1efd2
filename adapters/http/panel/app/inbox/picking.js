/** Which row the keys are at, and which rows are picked for doing something with all of them. */
import { computed, signal } from "@preact/signals";
import { withEntry } from "../state/keeping.js";
import { chatFromLists } from "../state/lists.js";
import { chatId, go, listId } from "../state/route.js";

/** Ids of the picked chats. @type {import("@preact/signals").Signal<Set<string>>} */
export const picked = signal(new Set());
/** The row that the keys are at; the open chat where they are at none. */
export const cursor = signal(null);
let lastPicked = null;

/** The view of the list that is shown; set by whoever shows it. */
export const shownView = signal(null);
/** The rows as they are on the screen, in their order. @type {import("@preact/signals").Signal<any[]>} */
export const shownRows = signal([]);

/** The chat that acts are about: the open one, else the one that the keys are at. */
export const chatAtHand = computed(() => {
  const id = chatId.value ?? cursor.value;
  return id ? chatFromLists(id, shownView.value, { items: looked.value }) : null;
});

/** Chats that were opened without being in a list: from a link, or from a search. */
export const looked = signal(new Map());

export function note(chat) {
  if (looked.peek().get(chat.id) !== chat) looked.value = withEntry(looked.peek(), chat.id, chat);
}

export function pick(id, { range = false } = {}) {
  const next = new Set(picked.value);
  const ids = shownRows.value.map((chat) => chat.id);
  const from = ids.indexOf(lastPicked);
  const to = ids.indexOf(id);
  if (range && from >= 0 && to >= 0) for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one);
  else if (!next.delete(id)) next.add(id);
  lastPicked = id;
  picked.value = next;
}

export const unpick = () => (picked.value = new Set());

/** Go to the row after or before the one that the keys are at; `open` shows its chat. */
export function move(by) {
  const ids = shownRows.value.map((chat) => chat.id);
  if (!ids.length) return;
  const at = ids.indexOf(cursor.value ?? chatId.value);
  const to = ids[Math.min(ids.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  cursor.value = to;
  if (chatId.value) openChat(to);
}

export function openChat(id) {
  cursor.value = id;
  go("inbox", listId.value, id);
}

