/** Starts the panel: who is here, then the sign-in page or the shell. */
import { html, render, signal } from "./html.js";
import { addWords, t } from "./i18n.js";
import { me, whoIsHere } from "./state/session.js";
import { Login } from "./login.js";
import { NewVersion } from "./renewal.js";
import common from "./words/common.js";
import kit from "./words/kit.js";

addWords(common);
addWords(kit);

/** The shell, once it is here. */
const shell = signal(null);
const isOld = signal(false);

function App() {
  if (me.value === null) return html`<${Login} />`;
  if (isOld.value) return html`<main class="page"><${NewVersion} /></main>`;
  if (!me.value || !shell.value) return html`<div class="starting" role="status" aria-label=${t("kit.loading")}></div>`;
  return html`<${shell.value} />`;
}

render(html`<${App} />`, document.body);
whoIsHere();
import("./panel.js").then(
  (panel) => (shell.value = panel.default),
  () => (isOld.value = true),
);
