/** What is known of the chat itself: protocol, group, tags, priority, since when. */
import { actOf, canDo, perform } from "../acts.js";
import { html } from "../html.js";
import { dayAndTime, t } from "../i18n.js";
import { Button, Icon } from "../kit/index.js";
import { Protocol } from "../marking/protocol.js";

export function ChatSection({ chat }) {
  return html`<dl class="chat-facts">
    <div><dt>${t("record.protocol")}</dt><dd><${Protocol} chat=${chat} /></dd></div>
    <div><dt>${t("record.group")}</dt><dd>${chat.group?.name ?? t("record.none")}</dd></div>
    <div><dt>${t("record.holder")}</dt><dd>${chat.operator?.name ?? t("timeline.nobody")}</dd></div>
    <div><dt>${t("priority.act")}</dt><dd>${t(`priority.${chat.priority}`)} <${Edit} act="chat.priority" /></dd></div>
    <div><dt>${t("tags.act")}</dt><dd class="chips">${chat.tags.map((tag) => html`<span class="chip" key=${tag}><${Icon} name="tag" size=${12} /> ${tag}</span>`)} <${Edit} act="chat.tags" /></dd></div>
    <div><dt>${t("record.since")}</dt><dd>${dayAndTime(chat.opened_at)}</dd></div>
  </dl>
  <p class="chat-looks"><${Look} act="chat.why" /><${Look} act="chat.timeline" /></p>`;
}

const Edit = ({ act }) => canDo(act) && html`<${Button} size="s" kind="quiet" icon="pencil" iconOnly label=${t(actOf(act).label)} onClick=${() => perform(act)} />`;
const Look = ({ act }) => canDo(act) && html`<${Button} size="s" icon=${actOf(act).icon} label=${t(actOf(act).label)} onClick=${() => perform(act)} />`;
