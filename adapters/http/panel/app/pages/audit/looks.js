/** Who looked at what beyond his own work, and what was taken away (A5). */
import { html, useState } from "../../html.js";
import { number, t, wholeTime } from "../../i18n.js";
import { Badge, Empty, Skeleton } from "../../kit/index.js";
import { asked, Narrowing, NOTHING, Older, usePages } from "./narrowing.js";
import { Subject } from "./subject.js";

const KINDS = ["chat", "client", "search", "past", "export", "login", "setting"];
const TONES = { export: "warn", login: "danger", setting: "open" };
const kinds = () => KINDS.map((value) => ({ value, label: t(`look.${value}`) }));
const nameOf = (who) => (who ? who.name ?? who.id : t("audit.nobody"));

export function Looks() {
  const [said, setSaid] = useState(NOTHING);
  const { items, more } = usePages("/v1/looks", asked(said));
  return html`
    <${Narrowing} kinds=${kinds()} value=${said} onChange=${setSaid} />
    ${!items ? html`<${Skeleton} rows=${6} height=${40} />` : items.length === 0 && !more ? html`<${Empty} icon="eye" title=${t("look.none")} />` : html`
      <div class="board-scroll" tabindex="0" role="region" aria-label=${t("audit.looks")}><table class="board-table">
        <thead><tr>${["who", "kind", "what", "last", "times"].map((name) => html`<th scope="col">${t(`look.head.${name}`)}</th>`)}</tr></thead>
        <tbody>${items.map((one) => html`<tr key=${one.id}>
          <th scope="row">${nameOf(one.who)}</th>
          <td><${Badge} tone=${TONES[one.kind] ?? "plain"}>${t(`look.${one.kind}`)}<//></td>
          <td><${Subject} stream=${one.what} /></td>
          <td><time datetime=${one.last_at}>${wholeTime(one.last_at)}</time></td>
          <td>${number(one.times)}</td>
        </tr>`)}</tbody>
      </table></div>`}
    <${Older} more=${more} />
    <p class="soft">${t("look.note")}</p>`;
}
