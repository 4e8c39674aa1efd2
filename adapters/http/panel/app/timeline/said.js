/** A message in little, to be read and nothing else: in what was, and in chats before this one. */
import { cls, html } from "../html.js";
import { t, timeOf } from "../i18n.js";
import { Icon } from "../kit/index.js";
import { authorName } from "../state/people.js";

export function Said({ message }) {
  const { kind, direction, text, author, at, deleted_at: deletedAt } = message;
  const isInside = kind === "comment" || kind === "transfer";
  const by = authorName(author);
  return html`<li class=${cls("past-said", isInside ? "past-inside" : direction === "out" ? "past-out" : "past-in")}>
    ${isInside && html`<${Icon} name="lock" size=${13} /> `}
    <span class="past-text">${deletedAt ? t("timeline.wasDeleted") : text || t(`kind.${kind}`)}</span>
    <small>${by ? `${by} · ` : ""}${timeOf(at)}</small>
  </li>`;
}
