/** Why a chat came to whom: one click at the head of the conversation, or one key. */
import { addActs } from "../acts.js";
import { overlays, threadHeads } from "../extend.js";
import { html, signal } from "../html.js";
import { addWords } from "../i18n.js";
import { chatAtHand } from "../inbox/picking.js";
import { ActButton } from "../kit/index.js";
import { WhyDialog } from "../why/dialog.js";
import words from "../words/why.js";

addWords(words);

const asked = signal(null);

addActs({ id: "chat.why", label: "why.act", group: "group.chat", icon: "circle-question-mark", keys: ["w"], when: () => Boolean(chatAtHand.value), run: () => (asked.value = chatAtHand.value) });

threadHeads.add({ id: "why", order: 50, component: () => html`<${ActButton} act="chat.why" kind="quiet" iconOnly />` });

overlays.add({ id: "why", component: () => asked.value && html`<${WhyDialog} key=${asked.value.id} chat=${asked.value} onClose=${() => (asked.value = null)} />` });
