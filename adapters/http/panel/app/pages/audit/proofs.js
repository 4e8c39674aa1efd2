/** What proves that the log is the one it was: signed heads, and a check of every event (A3). */
import { html, useEffect, useState } from "../../html.js";
import { number, t, wholeTime } from "../../i18n.js";
import { attempt, Banner, Button, Copyable, Empty, Skeleton } from "../../kit/index.js";
import { recado } from "../../state/session.js";

const SHOWN = 16; // Letters of a hash that an eye can compare.

export function Proofs() {
  const [heads, setHeads] = useState(null);
  useEffect(() => void attempt(async () => setHeads(await recado.get("/v1/audit/heads"))), []);
  if (!heads) return html`<${Skeleton} rows=${4} height=${44} />`;
  const [last] = heads.items;
  return html`
    <dl class="proof-figures">
      <div><dt>${t("proof.events")}</dt><dd>${number(heads.events)}</dd></div>
      <div><dt>${t("proof.signed")}</dt><dd>${last ? number(last.size) : "–"}</dd></div>
      <div><dt>${t("proof.lastSigned")}</dt><dd>${last ? wholeTime(last.at) : "–"}</dd></div>
    </dl>
    <${Check} />
    <section class="board-part"><h3>${t("proof.heads")}</h3><p class="soft">${t("proof.headsLead")}</p>
      ${last ? html`<${Heads} heads=${heads.items} />` : html`<${Empty} icon="shield" title=${t("proof.noHeads")} />`}
    </section>
    ${last && html`<div class="form"><${Copyable} label=${t("proof.key")} value=${last.key} help=${t("proof.keyHelp")} /><${Copyable} label=${t("proof.log")} value=${heads.log} /></div>`}
    <p class="soft">${t("proof.offline")} <code>recado audit export</code> · <code>recado audit verify</code></p>`;
}

function Check() {
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState(null);
  const check = async () => {
    setBusy(true);
    setFound(null);
    setFound((await attempt(() => recado.get("/v1/audit/check"))) ?? null);
    setBusy(false);
  };
  return html`<div class="proof-check">
    <${Button} kind="primary" icon="shield-check" label=${t("proof.check")} busy=${isBusy} onClick=${check} />
    <div aria-live="polite" class="grow">
      ${isBusy && html`<p class="soft">${t("proof.checking")}</p>`}
      ${found && (found.whole
        ? html`<${Banner} tone="good">${t("proof.whole", { events: number(found.events), heads: number(found.heads) })} ${found.unsigned > 0 && t("proof.unsigned", { n: found.unsigned })}<//>`
        : html`<${Banner} tone="danger"><strong>${t("proof.broken", { n: found.faults.length })}</strong><ul class="proof-faults">${found.faults.map((one) => html`<li key=${one} lang="en">${one}</li>`)}</ul><//>`)}
    </div>
  </div>`;
}

function Heads({ heads }) {
  return html`<div class="board-scroll" tabindex="0" role="region" aria-label=${t("proof.heads")}><table class="board-table">
    <thead><tr>${["size", "at", "root", "signature"].map((name) => html`<th scope="col">${t(`proof.head.${name}`)}</th>`)}</tr></thead>
    <tbody>${heads.map((one) => html`<tr key=${`${one.size}${one.key}`}>
      <th scope="row">${number(one.size)}</th><td><time datetime=${one.at}>${wholeTime(one.at)}</time></td>
      <td><code data-tip=${one.root}>${one.root.slice(0, SHOWN)}…</code></td><td><code data-tip=${one.signature}>${one.signature.slice(0, SHOWN)}…</code></td>
    </tr>`)}</tbody>
  </table></div>`;
}
