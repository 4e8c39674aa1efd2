/** All that happened, the last first, and what is narrowed taken along as a file (A2). */
import { html, useState } from "../../html.js";
import { number, t, wholeTime } from "../../i18n.js";
import { Empty, Icon, Skeleton } from "../../kit/index.js";
import { recado } from "../../state/session.js";
import { actorOf, iconOf, told } from "../../timeline/telling.js";
import { asked, Narrowing, NOTHING, Older, usePages } from "./narrowing.js";
import { Subject } from "./subject.js";

const KINDS = ["chat", "client", "operator", "group", "channel", "account", "template", "tag", "field", "filter", "webhook"];
const kinds = () => KINDS.map((value) => ({ value, label: t(`subject.${value}`) }));

/** What happened, as a sentence where there is one for it. */
function sentenceOf(event) {
  const name = event.topic.replace(/\.v\d+$/, "");
  const word = t(`happened.${name}`);
  return event.stream.startsWith("chat-") ? told(event).text : word === `happened.${name}` ? name : word;
}

export function Happened() {
  const [said, setSaid] = useState(NOTHING);
  const params = asked(said);
  const { items, more } = usePages("/v1/audit/events", params);
  return html`
    <${Narrowing} kinds=${kinds()} value=${said} onChange=${setSaid} />
    <${Exports} params=${params} />
    ${!items ? html`<${Skeleton} rows=${8} height=${40} />` : html`
      <ol class="happened">${items.map((one) => html`<li key=${one.position}><${Happening} event=${one} /></li>`)}</ol>
      ${items.length === 0 && html`<${Empty} icon="scroll-text" title=${t(more ? "audit.noneSoFar" : "audit.none")} />`}`}
    <${Older} more=${more} />`;
}

function Happening({ event }) {
  return html`<details>
    <summary><span class="happened-icon"><${Icon} name=${iconOf(event)} size=${16} /></span>
      <span class="happened-text"><span>${sentenceOf(event)}</span><small>${actorOf(event)}</small></span>
      <span class="happened-when"><time datetime=${event.at}>${event.at ? wholeTime(event.at) : ""}</time><small>${t("audit.position", { n: number(event.position) })}</small></span>
    </summary>
    <div class="happened-more"><p><${Subject} stream=${event.stream} /> · <code>${event.topic}</code> · ${t("audit.version", { n: number(event.version) })}</p>
      <pre tabindex="0">${JSON.stringify(event.data, null, 2)}</pre></div>
  </details>`;
}

/** What is narrowed, as files. An export is taken down: who took what away is known. */
function Exports({ params }) {
  const given = Object.entries(params).filter(([, value]) => value !== null);
  const address = (format) => `${recado.url}/v1/audit/export?${new URLSearchParams([...given, ["format", format]])}`;
  return html`<div class="exports">
    <span class="soft">${t("audit.exportLead")}</span>
    <a class="button button-plain button-m" href=${address("csv")} download><${Icon} name="download" /><span>CSV</span></a>
    <a class="button button-plain button-m" href=${address("jsonl")} download><${Icon} name="download" /><span>JSON Lines</span></a>
  </div>`;
}
