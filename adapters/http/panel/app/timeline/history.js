/** All events of a chat, page by page, and what was written in them. */
import { recado } from "../state/session.js";

const WRITTEN = /^(message-received|message-sent|message-sent-elsewhere|comment-added|chat-transferred)\.v/;

/** Return events in their order; those that say something have `said`, unless it was erased. */
export async function historyOf(chatId) {
  const [events, { items }] = await Promise.all([allEvents(chatId), recado.allMessages(chatId)]);
  const texts = new Map(items.map(({ seq, text }) => [seq, text]));
  return events.map((event) => ({ ...event, said: (WRITTEN.test(event.topic) && texts.get(event.data.seq)) || null }));
}

async function allEvents(chatId) {
  const path = `/v1/chats/${encodeURIComponent(chatId)}/history`;
  const events = [];
  let cursor = null;
  do {
    const page = await recado.get(path, { cursor });
    events.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return events;
}
