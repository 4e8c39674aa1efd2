/** What happened in a chat, and how it was at any moment. */
import { addActs } from "../acts.js";
import { overlays } from "../extend.js";
import { html, signal } from "../html.js";
import { addWords } from "../i18n.js";
import { chatAtHand } from "../inbox/picking.js";
import { TimelineDialog } from "../timeline/dialog.js";
import words from "../words/timeline.js";

addWords(words);

const looked = signal(null);

addActs({ id: "chat.timeline", label: "timeline.act", group: "group.chat", icon: "history", keys: ["g h"], when: () => Boolean(chatAtHand.value), run: () => (looked.value = chatAtHand.value) });

overlays.add({ id: "timeline", component: () => looked.value && html`<${TimelineDialog} key=${looked.value.id} chat=${looked.value} onClose=${() => (looked.value = null)} />` });
