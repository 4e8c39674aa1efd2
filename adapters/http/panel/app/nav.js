/** The rail: the lists with how many each holds, the pages, how the connection is, and oneself. */
import { cls, html } from "./html.js";
import { pages, railTools } from "./extend.js";
import { t, timeOf } from "./i18n.js";
import { Icon } from "./kit/index.js";
import { Me } from "./me.js";
import { countOf, lists, sections } from "./state/lists.js";
import { connection, upToDateAt } from "./state/live.js";
import { go, listId, page } from "./state/route.js";
import { me } from "./state/session.js";

export function Nav() {
  const [fresh, ...mine] = sections;
  const others = lists.value.filter((list) => !sections.includes(list));
  const shown = pages.all.filter((entry) => entry.icon && (entry.when?.(me.value) ?? true));
  return html`<nav class="nav" aria-label=${t("nav.label")}>
    <div class="nav-brand"><span class="logo" aria-hidden="true"><${Icon} name="message-square-text" size=${18} /></span><span class="nav-name">${t("app.name")}</span><${Connection} /></div>
    <div class="nav-lists">
      <ul><${ListLink} list=${fresh} /></ul>
      <h2 class="nav-title">${t("nav.mine")}</h2>
      <ul>${mine.map((list) => html`<${ListLink} key=${list.id} list=${list} />`)}</ul>
      <h2 class="nav-title">${t("nav.more")}</h2>
      <ul>${others.map((list) => html`<${ListLink} key=${list.id} list=${list} />`)}</ul>
      ${shown.length > 0 && html`<h2 class="nav-title">${t("nav.pages")}</h2>
        <ul>${shown.map((entry) => html`<${Link} key=${entry.id} icon=${entry.icon} label=${t(entry.label)} isHere=${page.value === entry.id} to=${[entry.id]} />`)}</ul>`}
    </div>
    ${railTools.all.map(({ id, component: Tool }) => html`<${Tool} key=${id} />`)}
    <${Me} />
  </nav>`;
}

function ListLink({ list }) {
  const isHere = page.value === "inbox" && listId.value === list.id;
  return html`<${Link} icon=${list.icon} label=${list.label ? t(list.label) : list.name} tone=${list.tone} count=${countOf(list)} isHere=${isHere} to=${["inbox", list.id]} problem=${list.problem} />`;
}

function Link({ icon, label, tone = "plain", count, isHere, to, problem }) {
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(...to);
  };
  return html`<li><a href=${`/panel/${to.join("/")}`} class=${cls("nav-link", `tone-${tone}`)} aria-current=${isHere ? "page" : undefined} onClick=${onClick}>
    <${Icon} name=${problem ? "triangle-alert" : icon} />
    <span class="nav-label">${label}</span>
    ${count !== undefined && count !== null && html`<span class=${cls("nav-count", count === 0 && "nav-zero")}>${count}</span>`}
  </a></li>`;
}

/** How the connection is, in a word and a shape, always in sight. */
function Connection() {
  const { state } = connection.value;
  const word = t(`connection.${state === "live" || state === "connecting" ? state : "lost"}`);
  return html`<span class=${`pill pill-${state}`} role="status" data-tip=${t("connection.synced", { time: timeOf(upToDateAt.value) })}>
    <span class="pill-dot" aria-hidden="true"></span><span class="pill-word">${word}</span>
  </span>`;
}
