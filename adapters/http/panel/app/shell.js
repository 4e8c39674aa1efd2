/** The frame around everything: navigation, connection, the page in the middle, and what floats above. */
import { html, useEffect, useState } from "./html.js";
import { overlays, pages } from "./extend.js";
import { lasting, t } from "./i18n.js";
import { Inbox } from "./inbox/inbox.js";
import { Banner, Button, Empty, Questions, Toasts, Tooltip } from "./kit/index.js";
import { Nav } from "./nav.js";
import { NewVersion } from "./renewal.js";
import { connection, hurry } from "./state/live.js";
import { now } from "./state/now.js";
import { go, page, path } from "./state/route.js";
import { me } from "./state/session.js";

const LOST_FOR = 2_000; // Milliseconds after which it is worth a line across the page.

export function Shell() {
  return html`<div class="shell">
    <a class="skip" href="#content" onClick=${(event) => (event.preventDefault(), document.querySelector("#content")?.focus())}>${t("app.skip")}</a>
    <${ConnectionBanner} /><${FactorBanner} />
    <div class="shell-panes">
      <${Nav} />
      ${page.value === "inbox" ? html`<${Inbox} />` : html`<${Page} key=${page.value} id=${page.value} />`}
    </div>
    ${overlays.all.map(({ id, component: Overlay }) => html`<${Overlay} key=${id} />`)}
    <${Questions} /><${Toasts} /><${Tooltip} />
  </div>`;
}

/** Says so when nothing comes any more, and since when. */
function ConnectionBanner() {
  const { state, since } = connection.value;
  if (state === "live" || now.value - since < LOST_FOR) return null;
  const action = html`<${Button} size="s" kind="quiet" label=${t("connection.now")} icon="refresh-cw" onClick=${hurry} />`;
  return html`<${Banner} tone="warn" icon="wifi-off" action=${action}>${t("connection.since", { time: lasting(now.value - since) })}<//>`;
}

/** Says what has to be done before anything else can be. */
function FactorBanner() {
  if (!me.value.lacks_second_factor) return null;
  const action = html`<${Button} size="s" kind="quiet" icon="shield" label=${t("security.open")} onClick=${() => go("admin", "security")} />`;
  return html`<${Banner} tone="warn" action=${action}>${t("app.lacksFactor")}<//>`;
}

/** A page that another part brought, fetched when somebody goes there. */
function Page({ id }) {
  const entry = pages.all.find((one) => one.id === id && (one.when?.(me.value) ?? true));
  const [Loaded, setLoaded] = useState(null);
  const [isOld, setOld] = useState(false);
  useEffect(() => {
    entry?.load().then(
      (module) => setLoaded(() => module.default),
      () => setOld(true),
    );
  }, [entry]);
  if (isOld) return html`<main id="content" class="page" tabindex="-1"><${NewVersion} /></main>`;
  if (!entry) return html`<main id="content" class="page" tabindex="-1"><${Empty} icon="circle-question-mark" title=${t("app.noPage")} /></main>`;
  return html`<div id="content" class="page" tabindex="-1">${Loaded && html`<${Loaded} path=${path.value.slice(1)} />`}</div>`;
}
