/** Starts the panel: who is here, then the sign-in page or the shell. */
import { effect, html, render } from "./html.js";
import { addWords, t } from "./i18n.js";
import { onKey } from "./keys.js";
import { loadPrefs } from "./state/prefs.js";
import { me, whoIsHere } from "./state/session.js";
import { loadChannels, loadGroups } from "./state/people.js";
import { standing } from "./state/lists.js";
import { startCalling } from "./state/notify.js";
import { resume } from "./state/outbox.js";
import { Login } from "./login.js";
import { Shell } from "./shell.js";
import common from "./words/common.js";
import kit from "./words/kit.js";
import "./features/index.js";

addWords(common);
addWords(kit);

function App() {
  if (me.value === undefined) return html`<div class="starting" role="status" aria-label=${t("kit.loading")}></div>`;
  return me.value ? html`<${Shell} />` : html`<${Login} />`;
}

let known = null;
effect(() => {
  const id = me.value?.id ?? null;
  if (id === known) return;
  known = id;
  if (!id) return;
  standing();
  resume();
  for (const read of [loadPrefs, loadGroups, loadChannels]) read().catch(() => {});
});

document.addEventListener("keydown", onKey);
render(html`<${App} />`, document.body);
startCalling();
whoIsHere();
