/** What can be done with a chat, wherever one stands. */
import { addActs } from "../acts.js";
import { addWords, dayAndTime, t } from "../i18n.js";
import { attempt, confirmed, tellProblem, toast } from "../kit/index.js";
import { lists, ordered, sections, sectionOf, standing, unreadChats } from "../state/lists.js";
import { operatorOf } from "../state/people.js";
import { chatId, go, listId } from "../state/route.js";
import { canAct, me, recado } from "../state/session.js";
import words from "../words/inbox.js";
import { focusComposer } from "../composer/focus.js";
import { startFinding } from "../thread/finding.js";
import { toggleSide } from "./beside.js";
import { chatAtHand, cursor, move, note, openChat, pick, picked, shownRows, unpick } from "./picking.js";
import { isUntilHeWrites, pulling, snoozing } from "./going.js";

addWords(words);

const isMine = (chat) => chat?.operator?.id === me.value?.id;
const nameOf = (chat) => chat.client.name ?? t("chat.noName");

/** Take a New chat. It is shown as mine at once; who was second is told who was first. */
export async function pull(chat) {
  if (pulling.value.has(chat.id)) return;
  pulling.value = new Set(pulling.value).add(chat.id);
  go("inbox", listId.value === "new" ? "open" : listId.value, chat.id);
  try {
    const { position, version } = await recado.pull(chat.id);
    note({ ...chat, operator: { id: me.value.id, name: me.value.name }, position, version });
    toast(t("pull.done", { name: nameOf(chat) }), { tone: "good", lasts: 3_000 });
    focusComposer();
  } catch (problem) {
    if (problem.code === "already_assigned") {
      const first = operatorOf(problem.facts.operator_id)?.name;
      toast(first ? t("pull.taken", { name: first }) : t("pull.takenBySomeone"), { tone: "warn" });
    } else tellProblem(problem);
    go("inbox", "new");
  } finally {
    const left = new Set(pulling.value);
    left.delete(chat.id);
    pulling.value = left;
  }
}

export async function closeChat(chat, { andNext = false } = {}) {
  const rows = shownRows.value;
  const next = rows[rows.findIndex(({ id }) => id === chat.id) + 1];
  const done = await attempt(() => recado.on(chat.id, "close", {}));
  if (!done) return;
  const undo = { label: t("kit.undo"), run: () => attempt(() => recado.on(chat.id, "reopen")) };
  toast(t("close.done", { name: nameOf(chat) }), { tone: "good", action: undo });
  if (chatId.value === chat.id) go("inbox", listId.value, andNext ? next?.id : null);
}

export async function snooze(chat, until) {
  const done = await attempt(() => recado.on(chat.id, "snooze", { until: until.toISOString() }));
  const undo = { label: t("kit.undo"), run: () => attempt(() => recado.on(chat.id, "wake")) };
  if (done) toast(isUntilHeWrites(until.toISOString()) ? t("snooze.doneReply") : t("snooze.done", { time: dayAndTime(until) }), { tone: "good", action: undo });
}

/** Do something with all picked chats; what could not be done is told. */
export async function inBulk(act, more = {}) {
  const chats = [...picked.value];
  const answer = await attempt(() => recado.act("POST", "/v1/chats/bulk", { chats, act, ...more }));
  if (!answer) return;
  const failed = answer.items.filter(({ ok }) => !ok);
  if (failed.length) toast(t("list.bulkFailed", { failed: failed.length, n: chats.length, why: failed[0].detail ?? failed[0].code }), { tone: "warn" });
  else toast(t("list.bulkDone", { n: chats.length }), { tone: "good" });
  picked.value = new Set(failed.map(({ id }) => id));
}

export async function closePicked() {
  const yes = await confirmed({ title: t("list.bulkClose", { n: picked.value.size }), text: t("list.bulkCloseText"), yes: t("act.close") });
  if (yes) await inBulk("close");
}

const oldest = () => ordered(standing().new.items.values(), sections[0])[0];
const current = () => chatAtHand.value;
const isNew = () => canAct.value && current() && sectionOf(current()) === "new";
const isOpenMine = () => canAct.value && isMine(current()) && !current().closed_at;

function nextUnread() {
  const chats = unreadChats.value;
  const at = chats.findIndex(({ id }) => id === chatId.value);
  const next = chats[(at + 1) % chats.length];
  if (next) go("inbox", "unread", next.id);
}

function leave() {
  if (picked.value.size) unpick();
  else if (chatId.value) go("inbox", listId.value);
}

addActs(
  { id: "chat.next", label: "act.next", group: "group.around", icon: "arrow-down", keys: ["j", "ArrowDown"], unlisted: true, run: () => move(1) },
  { id: "chat.previous", label: "act.previous", group: "group.around", icon: "chevron-up", keys: ["k", "ArrowUp"], unlisted: true, run: () => move(-1) },
  { id: "chat.nextUnread", label: "act.nextUnread", group: "group.around", icon: "mail", keys: ["Shift+j"], when: () => unreadChats.value.length > 0, run: nextUnread },
  { id: "chat.open", label: "act.open", group: "group.around", icon: "message-circle", keys: ["Enter"], unlisted: true, when: () => current() && document.activeElement?.matches("body, .virtual, main"), run: () => (openChat(current().id), focusComposer()) },
  { id: "chat.leave", label: "kit.back", group: "group.around", icon: "arrow-left", keys: ["Escape"], unlisted: true, when: () => chatId.value !== null || picked.value.size > 0, run: leave },
  { id: "chat.pull", label: "act.pull", group: "group.chat", icon: "hand", keys: ["p"], when: isNew, run: () => pull(current()) },
  { id: "chat.pullOldest", label: "act.pullOldest", group: "group.chat", icon: "hand", keys: ["Shift+p"], when: () => canAct.value && Boolean(oldest()), run: () => pull(oldest()) },
  { id: "chat.close", label: "act.close", group: "group.chat", icon: "circle-check-big", keys: ["e"], when: isOpenMine, run: () => closeChat(current()) },
  { id: "chat.closeNext", label: "act.closeNext", group: "group.chat", icon: "list-checks", keys: ["Shift+e"], when: isOpenMine, run: () => closeChat(current(), { andNext: true }) },
  { id: "chat.reopen", label: "act.reopen", group: "group.chat", icon: "rotate-ccw", when: () => canAct.value && Boolean(current()?.closed_at), run: () => attempt(() => recado.on(current().id, "reopen")) },
  { id: "chat.snooze", label: "act.snooze", group: "group.chat", icon: "alarm-clock", keys: ["z"], when: isOpenMine, run: () => (snoozing.value = current()) },
  { id: "chat.wake", label: "act.wake", group: "group.chat", icon: "sun", when: () => isOpenMine() && Boolean(current().snoozed_until), run: () => attempt(() => recado.on(current().id, "wake")) },
  { id: "chat.unread", label: "act.markUnread", group: "group.chat", icon: "mail", keys: ["u"], when: isOpenMine, run: () => attempt(() => recado.on(current().id, "unread")).then(() => go("inbox", listId.value)) },
  { id: "chat.noAnswer", label: "act.noAnswer", group: "group.chat", icon: "check", when: () => isOpenMine() && Boolean(current().waiting_since), run: () => attempt(() => recado.on(current().id, "no-answer-needed")) },
  { id: "chat.find", label: "act.find", group: "group.chat", icon: "search", keys: ["Mod+f"], inFields: true, when: () => chatId.value !== null, run: startFinding },
  { id: "list.pick", label: "act.pick", group: "group.around", icon: "check", keys: ["x"], unlisted: true, when: () => Boolean(cursor.value), run: () => pick(cursor.value) },
  { id: "list.pickRange", label: "act.pickRange", group: "group.around", icon: "check-check", keys: ["Shift+x"], unlisted: true, when: () => Boolean(cursor.value), run: () => pick(cursor.value, { range: true }) },
  { id: "panel.side", label: "act.side", group: "group.panel", icon: "panel-right", keys: ["s"], when: () => chatId.value !== null, run: () => toggleSide() },
  ...Array.from({ length: 9 }, (_, number) => ({
    id: `list.${number + 1}`, label: `act.tab${number + 1}`, group: "group.around", keys: [String(number + 1)], unlisted: true, isFleeting: true,
    when: () => number < lists.value.length, run: () => go("inbox", lists.value[number].id),
  })),
);
addWords(Object.fromEntries(Array.from({ length: 9 }, (_, number) => [`act.tab${number + 1}`, words["act.tab"].map((text) => text.replace("{n}", String(number + 1)))])));
