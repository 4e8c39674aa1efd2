/** What happened in a chat, as sentences. */
import { dayAndTime, t } from "../i18n.js";
import { channelOf, groupOf, operatorOf } from "../state/people.js";
import { personOf } from "../why/ways.js";

const FINE = new Set(["message-state-changed", "message-split", "part-state-changed", "reached-up-to", "media-copied", "media-lost", "chat-read"]);
const ICONS = {
  "chat-opened": "message-circle", "message-received": "arrow-down", "message-edited": "pencil", "message-deleted": "trash-2", "reaction-changed": "smile",
  "message-sent": "send", "message-sent-elsewhere": "external-link", "chat-assigned": "user", "chat-released": "rotate-ccw", "chat-transferred": "arrow-right-left",
  "comment-added": "message-square-lock", "comment-edited": "pencil", "chat-read": "eye", "chat-marked-unread": "mail", "chat-became-waiting": "hourglass",
  "answer-not-needed": "check", "chat-tagged": "tag", "priority-set": "flag", "chat-snoozed": "alarm-clock", "chat-woken": "sun", "chat-closed": "circle-check-big",
  "chat-reopened": "rotate-ccw", "message-state-changed": "check-check", "media-copied": "paperclip", "media-lost": "triangle-alert",
};

const topicOf = ({ topic }) => topic.replace(/\.v\d+$/, "");

/** Whether an event is of interest only to who looks closely: reads, deliveries, files. */
export const isFine = (event) => FINE.has(topicOf(event));
export const iconOf = (event) => ICONS[topicOf(event)] ?? "circle-dot";
/** Kinds that stand out by colour, beside their icon. */
export const toneOf = (event) => ({ "chat-became-waiting": "waiting", "comment-added": "comment", "chat-transferred": "new", "chat-assigned": "open", "media-lost": "danger" })[topicOf(event)] ?? "plain";

/** Return what happened: `{text, more}`; `more` is what was written. */
export function told(event) {
  const topic = topicOf(event);
  const { data } = event;
  const tell = TELL[topic];
  if (!tell) return { text: t("timeline.other", { topic: event.topic }), more: null };
  return { text: tell(data, event), more: event.said };
}

const nameOf = (id) => (id ? operatorOf(id)?.name ?? t("why.somebody") : t("why.somebody"));
const groupName = (id) => groupOf(id)?.name ?? id;
const known = (key, fallback) => (t(key) === key ? fallback : t(key));

const TELL = {
  "chat-opened": ({ channel, account_id: account, episode }) => t("timeline.opened", { channel: channelOf(account)?.name ?? channel, n: episode }),
  "message-received": () => t("timeline.received"),
  "message-edited": () => t("timeline.edited"),
  "message-deleted": () => t("timeline.deleted"),
  "reaction-changed": ({ emoji }) => (emoji ? t("timeline.reacted", { emoji }) : t("timeline.reaction")),
  "message-sent": ({ operator_id: by }) => (by ? t("timeline.sent", { name: nameOf(by) }) : t("timeline.sentByItself")),
  "message-sent-elsewhere": () => t("timeline.sentElsewhere"),
  "message-state-changed": ({ state }) => t("timeline.state", { state: known(`timeline.state.${state}`, state) }),
  "message-split": ({ parts }) => t("timeline.split", { n: parts }),
  "part-state-changed": ({ state }) => t("timeline.part", { state: known(`timeline.state.${state}`, state) }),
  "reached-up-to": ({ state, until }) => t("timeline.reached", { state: known(`timeline.state.${state}`, state), time: dayAndTime(until) }),
  "media-copied": () => t("timeline.mediaCopied"),
  "media-lost": ({ why }) => t("timeline.mediaLost", { why }),
  "chat-assigned": ({ operator_id: to, reason }, { actor }) => {
    if (reason.policy === "pulled") return t("why.pulled", { name: nameOf(to) });
    if (reason.policy === "assigned") return t("why.assigned", { name: nameOf(to), by: personOf(actor) ?? t("why.somebody") });
    return t("timeline.assigned", { name: nameOf(to) });
  },
  "chat-released": ({ operator_id: of, reason }) => t(known(`timeline.released.${reason}`, null) ? `timeline.released.${reason}` : "timeline.released", { name: nameOf(of) }),
  "chat-transferred": ({ to_operator: operator, to_group: group, overflowed_from: from }, { actor }) => {
    if (from) return t("timeline.overflowed", { from: groupName(from), name: groupName(group) });
    return t("why.transferred", { by: personOf(actor) ?? t("why.somebody"), name: operator ? nameOf(operator) : groupName(group) });
  },
  "comment-added": ({ operator_id: by }) => t("timeline.commented", { name: nameOf(by) }),
  "comment-edited": () => t("timeline.commentEdited"),
  "chat-read": ({ operator_id: by }) => t("timeline.read", { name: nameOf(by) }),
  "chat-marked-unread": ({ operator_id: by }) => t("timeline.unread", { name: nameOf(by) }),
  "chat-became-waiting": () => t("timeline.waiting"),
  "answer-not-needed": ({ operator_id: by }) => t("timeline.noAnswer", { name: nameOf(by) }),
  "chat-tagged": ({ added, removed }) => (added?.length ? t("timeline.tagged", { tags: added.join(", ") }) : t("timeline.untagged", { tags: (removed ?? []).join(", ") })),
  "priority-set": ({ priority }) => t("timeline.priority", { priority: known(`priority.${priority}`, priority) }),
  "chat-snoozed": ({ until }) => t("timeline.snoozed", { time: dayAndTime(until) }),
  "chat-woken": ({ reason }) => t(`timeline.woken.${reason}`),
  "chat-closed": (_, { actor }) => (personOf(actor) ? t("timeline.closedBy", { name: personOf(actor) }) : t("timeline.closed")),
  "chat-reopened": ({ reason }, { actor }) => (reason === "client-wrote" ? t("timeline.reopenedByClient") : t("why.reopened", { name: personOf(actor) ?? t("why.somebody") })),
};

/** Return who or what did it, in a word. */
export function actorOf({ actor }) {
  const [kind] = (actor ?? "").split(":");
  return personOf(actor) ?? known(`actor.${kind}`, actor);
}
