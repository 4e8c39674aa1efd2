/** A page in sections: their names at the side, the chosen one in the middle. */
import { cls, html, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "../kit/index.js";
import { go } from "../state/route.js";

/**
 * @param {{page: string, sections: {id: string, icon: string, component: any, when?: () => boolean}[], path: string[], children?: any}} given
 * words are `<page>.title`, `<page>.sections`, `<page>.<section>` and `<page>.<section>.lead`
 */
export function Sections({ page, sections, path, children }) {
  const shown = sections.filter(({ when }) => when?.() ?? true);
  const section = shown.find(({ id }) => id === path[0]) ?? shown[0];
  return html`<main class="admin">
    <nav class="admin-nav" aria-label=${t(`${page}.sections`)}>
      <h1>${t(`${page}.title`)}</h1>
      <ul>${shown.map((one) => html`<${SectionLink} key=${one.id} page=${page} section=${one} isHere=${one === section} />`)}</ul>
    </nav>
    <section key=${section.id} class="admin-section" aria-labelledby="admin-section">
      <header><h2 id="admin-section">${t(`${page}.${section.id}`)}</h2><p class="soft">${t(`${page}.${section.id}.lead`)}</p></header>
      <${section.component} />
    </section>
    ${children}
  </main>`;
}

function SectionLink({ page, section, isHere }) {
  const link = useRef(null);
  // On a phone they stand in a row that is wider than the screen.
  useEffect(() => void (isHere && link.current.scrollIntoView({ block: "nearest", inline: "center" })), [isHere]);
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(page, section.id);
  };
  return html`<li><a ref=${link} href=${`/panel/${page}/${section.id}`} class=${cls("nav-link", "tone-plain")} aria-current=${isHere ? "page" : undefined} onClick=${onClick}>
    <${Icon} name=${section.icon} /> <span class="nav-label">${t(`${page}.${section.id}`)}</span>
  </a></li>`;
}
