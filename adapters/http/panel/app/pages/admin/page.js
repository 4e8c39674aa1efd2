/** The page of administration: its sections at the side, the chosen one in the middle. */
import { html } from "../../html.js";
import { addWords } from "../../i18n.js";
import { me } from "../../state/session.js";
import channelWords from "../../words/admin_channels.js";
import hookWords from "../../words/admin_hooks.js";
import words from "../../words/admin_parts.js";
import peopleWords from "../../words/admin_people.js";
import securityWords from "../../words/admin_security.js";
import setupWords from "../../words/admin_setup.js";
import { Sections } from "../sections.js";
import { Channels } from "./channels.js";
import { Fields } from "./fields.js";
import { Groups } from "./groups.js";
import { Once } from "./once.js";
import { Operators } from "./operators.js";
import { Security } from "./security.js";
import { Settings } from "./settings.js";
import { Tags } from "./tags.js";
import { Templates } from "./templates.js";
import { Webhooks } from "./webhooks.js";

for (const table of [words, peopleWords, channelWords, setupWords, hookWords, securityWords]) addWords(table);

const may = (right) => () => me.value.may.includes(right);

const SECTIONS = [
  { id: "templates", icon: "message-square-text", component: Templates, when: () => true },
  { id: "tags", icon: "tag", component: Tags, when: may("supervise") },
  { id: "fields", icon: "id-card", component: Fields, when: may("administer") },
  { id: "groups", icon: "users", component: Groups, when: may("administer") },
  { id: "operators", icon: "user-cog", component: Operators, when: may("administer") },
  { id: "channels", icon: "plug", component: Channels, when: may("administer") },
  { id: "webhooks", icon: "webhook", component: Webhooks, when: may("administer") },
  { id: "settings", icon: "sliders-horizontal", component: Settings, when: may("administer") },
  { id: "security", icon: "shield", component: Security, when: () => true },
];

export default function Administration({ path }) {
  return html`<${Sections} page="admin" sections=${SECTIONS} path=${path}><${Once} /><//>`;
}
