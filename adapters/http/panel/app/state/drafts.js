/**
 * What is being written, by chat and by what it is to become: a reply never turns into a comment
 * nor the other way round. Kept here with every key, on the service soon after, and found again
 * on another machine. Unsent text is nobody's record: it is not in the log.
 *
 * @typedef {{text: string, attachments: any[], replyTo: any, mentions: any[],
 *   template: string|null, at: string|null}} Draft
 */
import { signal } from "@preact/signals";
import { t } from "../i18n.js";
import { me, recado } from "./session.js";

const SAVE_AFTER = 800;
const EMPTY = { text: "", attachments: [], replyTo: null, mentions: [], template: null, at: null };
const held = new Map();
const timers = new Map();

const nameOf = (chat, mode) => `recado.draft.${me.value.id}.${chat}.${mode}`;
const pathOf = (chat, mode) => `/v1/chats/${encodeURIComponent(chat)}/drafts/${mode}`;
export const isEmpty = ({ text, attachments }) => !text.trim() && attachments.length === 0;

/** The draft of a chat and mode, as a signal. @returns {import("@preact/signals").Signal<Draft>} */
export function draftOf(chat, mode) {
  const name = nameOf(chat, mode);
  if (!held.has(name)) held.set(name, signal({ ...EMPTY, ...read(name) }));
  return held.get(name);
}

/** Return whether something unsent is held for a chat here. */
export const hasDraft = (chat) =>
  ["reply", "comment"].some((mode) => {
    const kept = held.get(nameOf(chat, mode))?.value ?? read(nameOf(chat, mode));
    return Boolean(kept?.text?.trim() || kept?.attachments?.length);
  });

/** Change a draft; kept at once here, soon on the service. @param {Partial<Draft>} changes */
export function write(chat, mode, changes) {
  const draft = draftOf(chat, mode);
  draft.value = { ...draft.value, ...changes, at: new Date().toISOString() };
  const name = nameOf(chat, mode);
  if (isEmpty(draft.value) && !draft.value.replyTo) localStorage.removeItem(name);
  else localStorage.setItem(name, JSON.stringify(draft.value));
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(() => save(chat, mode, draft.value), SAVE_AFTER));
}

export const clear = (chat, mode) => write(chat, mode, { ...EMPTY });

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/** Take what another machine left, if it is newer than what is here; to be called when a chat is opened. */
export async function catchUp(chat, mode) {
  try {
    const kept = await recado.get(pathOf(chat, mode));
    const draft = draftOf(chat, mode);
    if (!kept.at || Date.parse(kept.at) <= Date.parse(draft.value.at ?? 0)) return;
    const known = new Map(draft.value.attachments.map((file) => [file.id, file]));
    const attachments = kept.attachments.map((id) => known.get(id) ?? { id, name: t("file.noName"), size: 0 });
    draft.value = { ...draft.value, text: kept.text, attachments, at: kept.at };
  } catch {
    // What is kept here is enough until the chat is opened again.
  }
}

function save(chat, mode, draft) {
  const body = { text: draft.text, attachments: draft.attachments.map(({ id }) => id).filter(Boolean) };
  const saving = isEmpty(draft) ? recado.ask("DELETE", pathOf(chat, mode)) : recado.ask("PUT", pathOf(chat, mode), body);
  saving.catch(() => {});
}
