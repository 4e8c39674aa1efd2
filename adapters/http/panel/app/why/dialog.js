/** Why a chat is where it is, in words an operator uses; and why nobody has a New one (R12). */
import { html, useEffect, useState } from "../html.js";
import { dayAndTime, number, t } from "../i18n.js";
import { Badge, Banner, Dialog, Icon, Skeleton } from "../kit/index.js";
import { me, recado } from "../state/session.js";
import { historyOf } from "../timeline/history.js";
import { sentenceOf, waysOf } from "./ways.js";

/** @param {{chat: any, onClose: () => void}} props */
export function WhyDialog({ chat, onClose }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    Promise.all([recado.get(`/v1/chats/${encodeURIComponent(chat.id)}/assignments`), historyOf(chat.id)]).then(
      ([{ items, nobody }, events]) => setFound({ ways: waysOf(items, events), nobody }),
      (refused) => setProblem(refused.message),
    );
  }, [chat.position]);
  return html`<${Dialog} title=${titleOf(chat)} size="m" onClose=${onClose} class="why">
    ${problem && html`<${Banner} tone="danger">${problem}<//>`}
    ${!found && !problem && html`<${Skeleton} rows=${3} />`}
    ${found?.nobody && html`<${Nobody} nobody=${found.nobody} />`}
    ${found && html`<${Ways} ways=${found.ways} isNew=${Boolean(found.nobody)} />`}
  <//>`;
}

function titleOf(chat) {
  if (chat.closed_at) return t("why.closed");
  if (!chat.operator) return t("why.nobody");
  return chat.operator.id === me.value.id ? t("why.mine") : t("why.other", { name: chat.operator.name });
}

function Nobody({ nobody }) {
  const { reasons, opens_at: opensAt, candidates, not_listed: more } = nobody;
  return html`<section>
    ${(reasons.length ? reasons : ["soon"]).map((reason) => html`<p class="why-sentence" key=${reason}><${Icon} name="hourglass" /><span>${t(`why.${reason}`)}</span></p>`)}
    ${opensAt && html`<p class="soft">${t("why.opensAt", { at: dayAndTime(opensAt) })}</p>`}
    ${candidates.length > 0 && html`<${Candidates} title=${t("why.candidatesNow")} candidates=${candidates} more=${more} fit="why.can" />`}
  </section>`;
}

function Ways({ ways, isNew }) {
  if (!ways.length) return isNew ? null : html`<p class="soft">${t("why.none")}</p>`;
  const [last, ...earlier] = ways;
  return html`
    ${!isNew && html`<${Way} way=${last} isWhole />`}
    ${(isNew ? ways : earlier).length > 0 && html`<section class="why-earlier"><h3>${t("why.earlier")}</h3>
      ${(isNew ? ways : earlier).map((way) => html`<${Way} key=${way.version} way=${way} />`)}
    </section>`}`;
}

function Way({ way, isWhole }) {
  const table = way.candidates.length > 0 && html`<${Candidates} title=${t("why.candidates")} candidates=${way.candidates} more=${way.notListed} chosen=${way.operator.id} fit="why.could" />`;
  return html`<section class="why-way">
    <p class=${isWhole ? "why-sentence" : "why-line"}>${isWhole && html`<${Icon} name="sparkles" />`}<span>${sentenceOf(way)} <time class="faint" datetime=${way.at}>${dayAndTime(way.at)}</time></span></p>
    ${way.comment && html`<p class="why-comment"><${Icon} name="lock" size=${14} /> ${t("why.said", { comment: way.comment })}</p>`}
    ${isWhole ? table : table && html`<details><summary>${t("why.candidates")}</summary>${table}</details>`}
    ${isWhole && way.position > 0 && html`<p class="why-fine">${t("why.position", { position: number(way.position), policy: way.policy, version: way.policyVersion })}</p>`}
  </section>`;
}

/** Everybody who was looked at, with what there was to know of him. */
function Candidates({ title, candidates, more, chosen, fit }) {
  const hasSkill = candidates.some(({ skill }) => skill !== null);
  const rest = Object.entries(more ?? {});
  return html`<table class="why-table">
    <caption>${title}</caption>
    <thead><tr><th scope="col">${t("why.person")}</th><th scope="col" class="numeric">${t("why.load")}</th>${hasSkill && html`<th scope="col" class="numeric">${t("why.skill")}</th>`}<th scope="col">${t("why.verdict")}</th></tr></thead>
    <tbody>${candidates.map(({ operator, load, capacity, skill, excluded_by: why }) => html`<tr key=${operator.id} class=${operator.id === chosen ? "why-chosen" : undefined}>
      <th scope="row">${operator.name ?? operator.id}</th>
      <td class="numeric">${load}/${capacity}</td>
      ${hasSkill && html`<td class="numeric">${skill ?? "–"}</td>`}
      <td>${operator.id === chosen ? html`<${Badge} tone="waiting" icon="check">${t("why.got")}<//>` : why ? html`<span class="soft">${excludedBy(why)}</span>` : html`<${Badge} tone="open">${t(fit)}<//>`}</td>
    </tr>`)}</tbody>
    ${rest.length > 0 && html`<tfoot>${rest.map(([why, n]) => html`<tr key=${why}><td colspan=${hasSkill ? 4 : 3} class="soft">${t("why.more", { n, why: why === "eligible" ? t(fit) : excludedBy(why) })}</td></tr>`)}</tfoot>`}
  </table>`;
}

const excludedBy = (why) => t(why === "closed" ? "why.closedHours" : `why.${why}`);
