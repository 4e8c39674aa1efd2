/** The page of administration: its sections at the side, the chosen one in the middle. */
import { cls, html } from "../../html.js";
import { addWords, t } from "../../i18n.js";
import { Icon } from "../../kit/index.js";
import { go } from "../../state/route.js";
import { me } from "../../state/session.js";
import channelWords from "../../words/admin_channels.js";
import hookWords from "../../words/admin_hooks.js";
import words from "../../words/admin_parts.js";
import peopleWords from "../../words/admin_people.js";
import securityWords from "../../words/admin_security.js";
import setupWords from "../../words/admin_setup.js";
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
  const shown = SECTIONS.filter(({ when }) => when());
  const section = shown.find(({ id }) => id === path[0]) ?? shown[0];
  return html`<main class="admin">
    <nav class="admin-nav" aria-label=${t("admin.sections")}>
      <h1>${t("admin.title")}</h1>
      <ul>${shown.map((one) => html`<${SectionLink} key=${one.id} section=${one} isHere=${one === section} />`)}</ul>
    </nav>
    <section key=${section.id} class="admin-section" aria-labelledby="admin-section">
      <header><h2 id="admin-section">${t(`admin.${section.id}`)}</h2><p class="soft">${t(`admin.${section.id}.lead`)}</p></header>
      <${section.component} />
    </section>
    <${Once} />
  </main>`;
}

function SectionLink({ section, isHere }) {
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go("admin", section.id);
  };
  return html`<li><a href=${`/panel/admin/${section.id}`} class=${cls("nav-link", "tone-plain")} aria-current=${isHere ? "page" : undefined} onClick=${onClick}>
    <${Icon} name=${section.icon} /> <span class="nav-label">${t(`admin.${section.id}`)}</span>
  </a></li>`;
}
