/** What a chat is marked with: tags, priority, its protocol number. */
import { addActs } from "../acts.js";
import { overlays, threadHeads } from "../extend.js";
import { html, signal } from "../html.js";
import { addWords, t } from "../i18n.js";
import { chatAtHand } from "../inbox/picking.js";
import { attempt, Dialog, Icon } from "../kit/index.js";
import { Protocol } from "../marking/protocol.js";
import { TagsDialog } from "../marking/tags.js";
import { chatFromLists } from "../state/lists.js";
import { canAct, recado } from "../state/session.js";
import words from "../words/marking.js";

addWords(words);

const PRIORITIES = ["urgent", "high", "normal", "low"];
/** `{what: "tags"|"priority", chat}` */
const marking = signal(null);
const close = () => (marking.value = null);
const isOpen = () => canAct.value && Boolean(chatAtHand.value) && !chatAtHand.value.closed_at;
const mark = (what) => (marking.value = { what, chat: chatAtHand.value });

addActs(
  { id: "chat.tags", label: "tags.act", group: "group.chat", icon: "tag", keys: ["l"], when: isOpen, run: () => mark("tags") },
  { id: "chat.priority", label: "priority.act", group: "group.chat", icon: "flag", keys: ["Shift+l"], when: isOpen, run: () => mark("priority") },
);

function Priorities({ chat }) {
  const set = async (priority) => {
    close();
    await attempt(() => recado.on(chat.id, "priority", { priority }));
  };
  return html`<${Dialog} size="s" title=${t("priority.title")} onClose=${close}>
    ${PRIORITIES.map((priority) => html`<button key=${priority} type="button" class="menu-item" aria-pressed=${chat.priority === priority ? "true" : "false"} autofocus=${chat.priority === priority} onClick=${() => set(priority)}>
      <${Icon} name=${chat.priority === priority ? "check" : "flag"} /><span class="menu-label">${t(`priority.${priority}`)}</span>
    </button>`)}
  <//>`;
}

threadHeads.add({ id: "protocol", order: 10, component: Protocol });
overlays.add({
  id: "marking",
  component: () => {
    if (!marking.value) return null;
    const { what, chat } = marking.value;
    const fresh = chatFromLists(chat.id, { items: new Map([[chat.id, chatAtHand.value?.id === chat.id ? chatAtHand.value : chat]]) });
    return what === "tags" ? html`<${TagsDialog} chat=${fresh} onClose=${close} />` : html`<${Priorities} chat=${fresh} />`;
  },
});
