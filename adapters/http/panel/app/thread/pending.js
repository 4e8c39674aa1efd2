/** What was written here and is not with the service yet, at the end of the conversation. */
import { cls, html } from "../html.js";
import { t } from "../i18n.js";
import { Button, Icon } from "../kit/index.js";
import { connection } from "../state/live.js";
import { now } from "../state/now.js";
import { again, discard, undo } from "../state/outbox.js";

export function Pending({ pending }) {
  const { state, mode, text, attachments, dueAt, why } = pending;
  const seconds = Math.max(0, Math.ceil((dueAt - now.value) / 1000));
  const isHeld = state === "sending" && connection.value.state !== "live";
  const said = state === "failed" ? t("pending.failed", { why }) : state === "waiting" ? t("pending.waiting", { n: seconds }) : t(isHeld ? "pending.held" : "pending.sending");
  return html`<li class=${cls("message message-out message-first pending", mode === "comment" && "message-comment", state === "failed" && "message-failed")}>
    <div class="bubble">
      ${mode === "comment" && html`<p class="comment-head"><${Icon} name="lock" size=${14} /> <strong>${t("message.comment")}</strong></p>`}
      ${attachments.map((file) => html`<span class="file" key=${file.id}><${Icon} name="paperclip" /><span class="file-text"><strong class="one-line">${file.name}</strong></span></span>`)}
      ${text && html`<p class="words" dir="auto">${text}</p>`}
    </div>
    <p class=${cls("pending-foot", state === "failed" && "failed")} role=${state === "failed" ? "alert" : undefined}><${Icon} name=${state === "failed" ? "circle-alert" : "clock"} size=${15} /> <span>${said}</span>
      ${state === "waiting" && html`<${Button} size="s" kind="quiet" icon="undo-2" label=${t("kit.undo")} onClick=${() => undo(pending)} />`}
      ${state === "failed" && html`<${Button} size="s" kind="danger" icon="rotate-ccw" label=${t("kit.retry")} onClick=${() => again(pending)} />
        <${Button} size="s" kind="quiet" label=${t("pending.edit")} onClick=${() => undo(pending)} />
        <${Button} size="s" kind="quiet" label=${t("pending.discard")} onClick=${() => discard(pending)} />`}
    </p>
  </li>`;
}
