/** What is known of the client and of the chat, beside the conversation and at its head. */
import { sideSections, threadHeads } from "../extend.js";
import { html } from "../html.js";
import { addWords } from "../i18n.js";
import { ChatSection } from "../record/chat_section.js";
import { Pinned } from "../record/pinned.js";
import { PreviousSection } from "../record/previous.js";
import { RecordSection } from "../record/section.js";
import words from "../words/record.js";

addWords(words);

sideSections.add({ id: "record", icon: "id-card", label: "record.title", order: 10, component: ({ chat }) => html`<${RecordSection} key=${chat.client.id} chat=${chat} />` });
sideSections.add({ id: "chat", icon: "message-circle", label: "record.chat", order: 20, component: ChatSection });
sideSections.add({ id: "previous", icon: "history", label: "previous.label", order: 30, component: PreviousSection });
threadHeads.add({ id: "pinned", order: 90, component: Pinned });
