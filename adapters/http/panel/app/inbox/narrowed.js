/** Shows only some of everybody's chats, of a group or of an operator, says so above the list, and can be undone there. */
import { listTools } from "../extend.js";
import { html, signal } from "../html.js";
import { t } from "../i18n.js";
import { Badge, Button } from "../kit/index.js";
import { narrowing } from "../state/lists.js";
import { go } from "../state/route.js";

const shown = signal(null);

/** @param {{group?: string, operator?: string}} by as the lists' parameters @param {string} name as people call it */
export function showOnly(by, name) {
  shown.value = { by, name };
  narrowing.value = by;
  go("inbox", "all");
}

function Narrowed() {
  // The funnel may have narrowed it otherwise meanwhile, and then it says so itself.
  if (!shown.value || narrowing.value !== shown.value.by) return null;
  return html`<div class="narrowed">
    <${Badge} tone="open" icon="list-filter">${t("list.only", { name: shown.value.name })}<//>
    <${Button} size="s" kind="quiet" icon="x" iconOnly label=${t("list.showAll")} onClick=${() => (narrowing.value = null)} />
  </div>`;
}

listTools.add({ id: "narrowed", order: 5, component: Narrowed });
