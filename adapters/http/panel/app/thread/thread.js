/** The conversation. */
import { html } from "../html.js";
import { t } from "../i18n.js";
import { addWords } from "../i18n.js";
import { Empty } from "../kit/index.js";
import words from "../words/thread.js";

addWords(words);

export function ThreadPane({ id }) {
  if (!id) return html`<section class="thread-pane"><${Empty} icon="message-circle" title=${t("thread.none")}>${t("thread.noneText")}<//></section>`;
  return html`<section class="thread-pane">${id}</section>`;
}
