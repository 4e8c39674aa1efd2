/** What customers wrote against what is in the log, and all that is shown against what follows from it. */
import { html, useState } from "../html.js";
import { number, t } from "../i18n.js";
import { Banner, Button } from "../kit/index.js";
import { Section } from "./section.js";
import { prove } from "./state.js";

export function Proof() {
  const [found, setFound] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const onClick = async () => {
    setBusy(true);
    setFound((await prove()) ?? null);
    setBusy(false);
  };
  return html`<${Section} title=${t("demo.proof")} lead=${t("demo.proofLead")}>
    <${Button} icon="shield-check" label=${t("demo.prove")} busy=${isBusy} onClick=${onClick} />
    ${found && html`<${Found} found=${found} />`}
  <//>`;
}

function Found({ found }) {
  const { received, assigned, answered, lost, doubled, faults } = found;
  const isWell = lost + doubled + faults.length === 0;
  const figures = { received, assigned, answered, lost, doubled };
  return html`<div class="demo-proof" role="status">
    <${Banner} tone=${isWell ? "good" : "danger"}>${t(isWell ? "demo.identical" : "demo.differs")}<//>
    <dl>${Object.entries(figures).map(([name, count]) => html`<div key=${name}><dt>${t(`demo.${name}`)}</dt><dd>${number(count)}</dd></div>`)}</dl>
    ${faults.length > 0 && html`<pre class="demo-code" tabindex="0">${faults.join("\n")}</pre>`}
  </div>`;
}
