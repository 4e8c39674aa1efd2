/** Erasing clients, what forbids it, and what was done of both so far (A4). */
import { html, useState } from "../../html.js";
import { t, wholeTime } from "../../i18n.js";
import { Badge, Combobox, Empty, Skeleton } from "../../kit/index.js";
import { me, recado } from "../../state/session.js";
import { actorOf } from "../../timeline/telling.js";
import { ErasureCase } from "./erasure_case.js";
import { Older, usePages } from "./narrowing.js";
import { Subject } from "./subject.js";

const MOST = 8;
const LATER = [
  { kind: "client-erased", tone: "danger", icon: "trash-2" },
  { kind: "client-held", tone: "warn", icon: "lock" },
  { kind: "client-hold-ended", tone: "plain", icon: "undo-2" },
];

export function Erasures() {
  const [chosen, setChosen] = useState(null);
  const [turn, setTurn] = useState(0);
  const mayErase = me.value.may.includes("administer");
  return html`
    ${mayErase && html`<${Finding} key=${turn} onChoose=${setChosen} />`}
    ${chosen && html`<${ErasureCase} key=${chosen.id} client=${chosen} onDone=${(isErased) => (setTurn(turn + 1), isErased && setChosen(null))} />`}
    ${LATER.map((one) => html`<${Done} key=${`${one.kind}${turn}`} of=${one} />`)}`;
}

function Finding({ onChoose }) {
  const find = async (text) => {
    if (!text.trim()) return [];
    const { items } = await recado.get("/v1/clients", { q: text, limit: MOST });
    return items.map((client) => ({ id: client.id, label: client.name ?? t("chat.noName"), detail: client.phone ?? client.email ?? client.identities[0]?.value ?? "", icon: "user", client }));
  };
  return html`<div class="erasure-find"><${Combobox} label=${t("erasure.find")} help=${t("erasure.findHelp")} find=${find} onChoose=${({ client }) => onChoose(client)} empty=${t("erasure.nobody")} /></div>`;
}

function Done({ of: { kind, tone, icon } }) {
  const { items, more } = usePages("/v1/audit/events", { kind });
  return html`<section class="board-part"><h3>${t(`erasure.${kind}`)}</h3>
    ${!items ? html`<${Skeleton} rows=${2} height=${40} />` : items.length === 0 ? html`<p class="soft">${t(more ? "audit.noneSoFar" : "erasure.noneYet")}</p>` : html`
      <ul class="security-list">${items.map((one) => html`<li key=${one.position}>
        <span class="security-what"><${Badge} tone=${tone} icon=${icon}>${t(`erasure.${kind}.one`)}<//> <${Subject} stream=${one.stream} />
          <small>${wholeTime(one.at)} · ${actorOf(one)}${typeof one.data.reason === "string" ? ` · ${one.data.reason}` : ""}</small></span>
      </li>`)}</ul>`}
    <${Older} more=${more} />
  </section>`;
}
