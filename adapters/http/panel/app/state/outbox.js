/**
 * What was written and has not been taken by the service yet: waiting to be undone, on its way,
 * or refused. It outlives a reload; of several tabs one sends it, once.
 *
 * @typedef {{key: string, owner: string, chat: string, mode: "reply"|"comment", text: string, attachments: any[],
 *   replyTo: number|null, mentions: any[], template: string|null, lastSeq: number, at: number, dueAt: number,
 *   state: "waiting"|"sending"|"failed"|"newer", why?: string}} Pending
 */
import { computed, signal } from "@preact/signals";
import { newKey } from "recado";
import { chatFromLists } from "./lists.js";
import { prefs } from "./prefs.js";
import { me, recado } from "./session.js";

const KEPT = "recado.outbox";
const PATIENCE = 12 * 3_600_000;

/** @type {import("@preact/signals").Signal<Pending[]>} */
export const outbox = signal(read());
export const pendingOf = (chat) => outbox.value.filter((one) => one.chat === chat && one.owner === me.value?.id);
export const hasPending = computed(() => outbox.value.some(({ state }) => state !== "failed"));
const returning = new Set();

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

function keep(items) {
  outbox.value = items;
  localStorage.setItem(KEPT, JSON.stringify(items));
}

const change = (key, changes) => keep(read().map((one) => (one.key === key ? { ...one, ...changes } : one)));
const drop = (key) => keep(read().filter((one) => one.key !== key));

/** Hear of what comes back into the composer: undone, or overtaken by newer messages. */
export function onReturn(hear) {
  returning.add(hear);
  return () => returning.delete(hear);
}

/** Send something, after the time for undoing it. Comments go at once: nobody outside reads them. */
export function post({ chat, mode, text, attachments = [], replyTo = null, mentions = [], template = null, lastSeq, draft }) {
  const wait = mode === "reply" ? prefs.value.undoSeconds * 1000 : 0;
  const now = Date.now();
  const pending = {
    key: newKey(), owner: me.value.id, chat, mode, text, attachments, replyTo, mentions, template, lastSeq, draft, at: now, dueAt: now + wait,
    state: "waiting",
  };
  keep([...read(), pending]);
  run(pending);
}

/** Take something back before it left. */
export function undo(pending) {
  drop(pending.key);
  for (const hear of returning) hear(pending, "undone");
}

export const discard = (pending) => drop(pending.key);

/** Try something again that was refused; it is the same message for the service. */
export function again(pending) {
  change(pending.key, { state: "waiting", dueAt: Date.now() });
  run({ ...pending, state: "waiting", dueAt: Date.now() });
}

/** Send what an earlier tab left. */
export function resume() {
  for (const one of read()) if (one.owner === me.value.id && one.state !== "failed") run(one);
}

function run(pending) {
  const send = () => sendWhenDue(pending);
  if (!navigator.locks) return send();
  // While a tab holds it, no other sends the same.
  return navigator.locks.request(`recado.send.${pending.key}`, { ifAvailable: true }, (lock) => lock && send());
}

async function sendWhenDue(pending) {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, pending.dueAt - Date.now())));
  await inTurn(pending.chat, () => sendNow(pending));
}

/** Let what is written in one chat go out one after the other: who waits longer is not overtaken. */
function inTurn(chat, send) {
  return navigator.locks ? navigator.locks.request(`recado.turn.${chat}`, send) : send();
}

async function sendNow(pending) {
  if (!read().some(({ key }) => key === pending.key)) return;
  change(pending.key, { state: "sending" });
  try {
    if (pending.mode === "reply") await reply(pending);
    else await recado.comment(pending.chat, pending.text, pending.mentions, { key: pending.key, patience: PATIENCE });
    drop(pending.key);
  } catch (problem) {
    if (problem.code !== "newer") change(pending.key, { state: "failed", why: problem.message });
  }
}

/** Answer, unless the client said something since that the operator had not before him. */
async function reply(pending) {
  const { chat, text, attachments, replyTo, template, key } = pending;
  const message = {
    text, attachments: attachments.map(({ id }) => id),
    ...(replyTo ? { reply_to: replyTo } : {}), ...(template ? { reply_template: template } : {}),
  };
  let version = chatFromLists(chat)?.version;
  for (;;) {
    if (await hasNewer(pending, version)) return giveBack(pending);
    try {
      return await recado.send(chat, message, { key, ifMatch: version, patience: PATIENCE });
    } catch (problem) {
      if (problem.code !== "chat_moved_on") throw problem;
      // A read mark or a tag moves a chat on, too: only what the client said since stops an answer.
      version = problem.facts.version;
    }
  }
}

/** Return whether the client wrote after what stood there when it was sent. */
async function hasNewer({ chat, lastSeq }, version) {
  const known = chatFromLists(chat);
  const isKnown = known && known.version >= (version ?? 0);
  const last = isKnown ? known.last_seq : (await patiently(() => recado.chat(chat))).last_seq;
  if (last <= lastSeq) return false;
  const { items } = await patiently(() => recado.allMessages(chat));
  return items.some(({ seq, direction }) => seq > lastSeq && direction === "in");
}

/** Ask until an answer comes. */
async function patiently(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (problem) {
      if (!problem.isPassing) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

function giveBack(pending) {
  drop(pending.key);
  for (const hear of returning) hear(pending, "newer");
}

window.addEventListener("storage", ({ key }) => key === KEPT && (outbox.value = read()));
