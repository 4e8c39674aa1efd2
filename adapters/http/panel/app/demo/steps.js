/** What to try first, in the order in which it makes sense. */
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Button, Keys } from "../kit/index.js";
import { Section } from "./section.js";
import { change, letWrite } from "./state.js";

/** Let Fábio write, and leave his chat to the visitor. */
async function begin() {
  await change({ auto_assign: false });
  await letWrite();
}

const STEPS = [
  { id: "write", run: begin, icon: "message-circle" },
  { id: "pull", keys: "p" },
  { id: "template", keys: "/" },
  { id: "transfer", keys: "t" },
  { id: "past", keys: "g h" },
];

export function Steps() {
  return html`<${Section} title=${t("demo.steps")}>
    <ol class="demo-steps">${STEPS.map(({ id, run, icon, keys }) => html`<li key=${id}>
      <span>${t(`demo.step.${id}`)}</span>
      ${keys && html`<${Keys} keys=${keys} />`}
      ${run && html`<${Button} size="s" kind="primary" icon=${icon} label=${t("demo.begin")} onClick=${run} />`}
    </li>`)}</ol>
  <//>`;
}
