/**
 * What was said in the chats where one was, or may be about to go: shown at once for as long as
 * nothing was added, while the live view begins, for which it takes two answers.
 */
import { effect } from "@preact/signals";
import { withEntry } from "./keeping.js";
import { chatFromLists } from "./lists.js";
import { connection, watch } from "./live.js";
import { isOperatorOnly, me, recado } from "./session.js";

const MOST = 24; // Chats.
const ONE_PAGE = 200; // Messages that one answer holds; of longer chats nothing is kept.
const RESTED = 65; // Milliseconds that a pointer rests on what it means.

/** chat → `{items, position}` */
let kept = new Map();
const asked = new Set();
let timer = 0;

effect(() => {
  // What one person saw is not for the next.
  me.value?.id;
  kept = new Map();
});

/** Watch what is said in a chat, until `leave()` of what comes back: `{view, leave}`. */
export function watchMessages(id) {
  const view = watch("messages", { chat: id });
  if (!view.isLoaded.peek()) {
    const page = current(chatFromLists(id));
    if (page) view.begin(page);
    else read(id).then((fresh) => fresh && view.begin(fresh), () => {});
  }
  return { view, leave: () => (keep(id, view), view.release()) };
}

/** Read what was said in a chat before somebody asks for it. */
export function foresee(chat) {
  if (!chat || asked.has(chat.id) || current(chat) || !isQuiet(chat)) return;
  asked.add(chat.id);
  read(chat.id)
    .catch(() => {})
    .finally(() => asked.delete(chat.id));
}

/** Read it when the pointer rests there. */
export function foreseeSoon(chat) {
  clearTimeout(timer);
  timer = setTimeout(foresee, RESTED, chat);
}

/** Whether reading a chat is noted of nobody: supervisors' looks at others' chats are (A5). */
const isQuiet = (chat) => isOperatorOnly.value || chat.operator?.id === me.value?.id;

/** What is kept of a chat, where it is all there is. */
function current(chat) {
  const page = chat && kept.get(chat.id);
  return page && page.position >= chat.position ? page : null;
}

async function read(id) {
  const who = me.value?.id;
  const { items, position, next_cursor } = await recado.messages(id, { limit: ONE_PAGE });
  if (next_cursor || who !== me.value?.id) return null;
  const page = { items, position };
  kept = withEntry(kept, id, page, MOST);
  return page;
}

function keep(id, { rows, isLive }) {
  const chat = chatFromLists(id);
  // Its item came by the same stream: what that tells of, the messages do, too.
  if (!chat || !isLive || rows.items.size > ONE_PAGE || connection.peek().state !== "live") return;
  kept = withEntry(kept, id, { items: [...rows.items.values()], position: Math.max(rows.position, chat.position) }, MOST);
}
