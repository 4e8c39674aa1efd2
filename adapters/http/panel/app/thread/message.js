/** One message, comment or transfer as it stands in the conversation. */
import { cls, html, useState } from "../html.js";
import { t, timeOf, wholeTime } from "../i18n.js";
import { attempt, Button, Icon, toast } from "../kit/index.js";
import { authorName, groupOf, operatorOf } from "../state/people.js";
import { canAct, me, recado } from "../state/session.js";
import { Attachment } from "./media.js";
import { Part } from "./parts.js";
import { isOnlyEmoji, Words } from "./text.js";

const STATES = { queued: "clock", sent: "check", delivered: "check-check", read: "check-check", played: "check-check", unknown: "circle-question-mark", failed: "circle-alert" };

/**
 * @param {{message: any, hits?: any[], isFirst: boolean, find: (reference: string) => any, jump: (seq: number) => void,
 *   quote?: (message: any) => void, pictures: () => any[], isAtHand?: boolean, idPrefix?: string}} props `isFirst` of several by the same
 */
export function Message(props) {
  const { kind, direction } = props.message;
  if (kind === "transfer") return html`<${Transfer} ...${props} />`;
  return html`<${Bubble} ...${props} isComment=${direction === "internal"} />`;
}

function Bubble({ message, idPrefix = "m", hits, isFirst, isComment, find, jump, quote, pictures, isAtHand }) {
  const { seq, direction, text, deleted_at: deletedAt } = message;
  const isOut = direction === "out" || (isComment && message.author === `operator:${me.value.id}`);
  const author = isComment || direction === "out" ? authorOf(message) : null;
  const quoted = message.reply_to !== null && message.reply_to !== undefined ? find(message.reply_to) : null;
  const texts = message.parts.length ? message.parts.filter(({ kind }) => kind === "text" && kind) : [];
  const older = texts.filter((part) => part.quoted).map((part) => part.text).join("\n");
  const own = older ? texts.filter((part) => !part.quoted).map((part) => part.text).join("\n") : text;
  return html`<li id=${`${idPrefix}-${seq}`} class=${cls("message", isOut ? "message-out" : "message-in", isComment && "message-comment", isFirst && "message-first", isAtHand && "message-found", message.state === "failed" && "message-failed")}>
    <div class="bubble">
      ${isComment && html`<p class="comment-head"><${Icon} name="lock" size=${14} /> <strong>${t("message.comment")}</strong> <span>· ${t("message.commentNote")}</span></p>`}
      ${message.subject && html`<p class="subject">${message.subject}</p>`}
      ${quoted && html`<button type="button" class="quoted one-line" onClick=${() => jump(quoted.seq)}>${quoted.text || t(`kind.${quoted.kind}`)}</button>`}
      ${message.attachments.map((file) => html`<${Attachment} key=${file.part} file=${file} all=${pictures} />`)}
      ${message.parts.map((part, number) => html`<${Part} key=${number} part=${part} />`)}
      ${deletedAt ? html`<p class="deleted"><${Icon} name="ban" size=${15} /> ${t("message.deleted")}</p>` : own && html`<p class=${cls("words", isOnlyEmoji(own) && "words-large")} dir="auto"><${Words} text=${own} hits=${hits} /></p>`}
      ${!own && !message.attachments.length && !message.parts.length && !deletedAt && html`<p class="deleted">${t(`kind.${message.kind}`)}</p>`}
      ${older && html`<details class="original"><summary>${t("message.quotedBelow")}</summary><p class="words">${older}</p></details>`}
      <${Original} message=${message} />
      <p class="message-foot">
        ${author && isFirst && html`<span class="one-line">${author}</span><span aria-hidden="true">·</span>`}
        ${message.edited_at && !deletedAt && html`<span>${t("message.edited")}</span>`}
        <time datetime=${message.sent_at} data-tip=${wholeTime(message.sent_at)}>${timeOf(message.sent_at)}</time>
        ${direction === "out" && html`<${State} message=${message} />`}
      </p>
      ${message.reaction && html`<span class="reaction" role="img" aria-label=${t("message.reaction", { emoji: message.reaction })}>${message.reaction}</span>`}
    </div>
    ${message.state === "failed" && html`<${Failed} message=${message} />`}
    <span class="message-tools">
      ${quote && !isComment && !deletedAt && html`<${Button} size="s" kind="quiet" iconOnly icon="reply" label=${t("message.reply")} onClick=${() => quote(message)} />`}
      ${text && html`<${Button} size="s" kind="quiet" iconOnly icon="copy" label=${t("message.copy")} onClick=${() => copy(text)} />`}
    </span>
  </li>`;
}

async function copy(text) {
  await navigator.clipboard?.writeText(text);
  toast(t("message.copied"), { lasts: 2_000 });
}

function authorOf({ author, direction }) {
  if (author === "automatic") return t("message.automatic");
  return authorName(author) ?? (direction === "out" ? t("message.elsewhere") : t("message.someone"));
}

/** What became of it, in a shape and in words. */
function State({ message: { state, reason } }) {
  if (!state) return null;
  const said = state === "failed" && reason ? t("state.failedWhy", { why: reason }) : t(`state.${state}`);
  return html`<span class=${`state state-${state}`} data-tip=${said}><${Icon} name=${STATES[state] ?? "clock"} size=${15} /><span class="unseen">${said}</span></span>`;
}

function Failed({ message }) {
  const [isBusy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    await attempt(() => recado.retry(message.chat_id, message.seq));
    setBusy(false);
  };
  return html`<p class="failed" role="alert"><${Icon} name="circle-alert" size=${15} /> <span>${message.reason ? t("state.failedWhy", { why: message.reason }) : t("state.failed")}</span>
    ${canAct.value && html`<${Button} size="s" kind="danger" icon="rotate-ccw" label=${t("kit.retry")} busy=${isBusy} onClick=${retry} />`}</p>`;
}

/** What it said before it was edited or deleted, for those who may see it. */
function Original({ message: { history } }) {
  if (!history?.length) return null;
  return html`<details class="original"><summary>${t("message.original")}</summary>
    ${history.map(({ at, text }) => html`<p class="words" key=${at}><time datetime=${at}>${timeOf(at)}</time> ${text}</p>`)}
  </details>`;
}

function Transfer({ message, idPrefix = "m", hits, isAtHand }) {
  const { seq, to, text, at, author } = message;
  const target = to?.operator ? operatorOf(to.operator)?.name : groupOf(to?.group)?.name;
  return html`<li id=${`${idPrefix}-${seq}`} class=${cls("event", isAtHand && "message-found")}>
    <p class="event-line"><${Icon} name="arrow-right-left" size=${15} /> ${t("message.transfer", { from: authorName(author) ?? t("message.someone"), to: target ?? t("message.someone") })} <time datetime=${at} data-tip=${wholeTime(at)}>${timeOf(at)}</time></p>
    ${text && html`<div class="message-comment"><div class="bubble"><p class="comment-head"><${Icon} name="lock" size=${14} /> <strong>${t("message.comment")}</strong> <span>· ${t("message.commentNote")}</span></p><p class="words" dir="auto"><${Words} text=${text} hits=${hits} /></p></div></div>`}
  </li>`;
}
