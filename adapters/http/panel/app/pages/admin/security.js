/** How one signs in oneself: password, second factor, where one is signed in, tokens for programs. */
import { html, useEffect, useState } from "../../html.js";
import { t, wholeTime } from "../../i18n.js";
import { attempt, Badge, Button, confirmed, Skeleton, toast } from "../../kit/index.js";
import { me, recado, stillHere } from "../../state/session.js";
import { Form } from "./form.js";
import { SecondFactor } from "./second_factor.js";
import { Tokens } from "./tokens.js";

export function Security() {
  return html`<div class="security">
    <${Part} id="factor"><${SecondFactor} /><//>
    <${Part} id="password"><${Password} /><//>
    <${Part} id="sessions"><${Sessions} /><//>
    <${Part} id="tokens"><${Tokens} /><//>
  </div>`;
}

const Part = ({ id, children }) => html`<section class="security-part" aria-labelledby=${`security-${id}`}>
  <h3 id=${`security-${id}`}>${t(`security.${id}`)}</h3>
  <p class="soft">${t(`security.${id}.lead`)}</p>
  ${children}
</section>`;

const PASSWORDS = [
  { name: "current", label: "security.current", kind: "secret", required: true, more: { autocomplete: "current-password" } },
  { name: "new", label: "security.new", kind: "secret", required: true, more: { minlength: 8 } },
];

function Password() {
  const [turn, setTurn] = useState(0);
  const save = async (values) => {
    await recado.ask("PUT", "/v1/me/password", values);
    toast(t("security.passwordChanged"), { tone: "good" });
    setTurn(turn + 1);
    await stillHere();
  };
  return html`<${Form} key=${turn} fields=${PASSWORDS} values=${{ current: "", new: "" }} save=${save} label=${t("security.change")} />`;
}

function Sessions() {
  const [sessions, setSessions] = useState(null);
  const read = () => attempt(async () => setSessions((await recado.get("/v1/me/sessions")).items));
  useEffect(() => void read(), [me.value]);
  if (!sessions) return html`<${Skeleton} rows=${2} height=${44} />`;
  const end = async ({ id }) => {
    await attempt(() => recado.ask("DELETE", `/v1/me/sessions/${id}`));
    await read();
  };
  const endAll = async () => {
    const yes = await confirmed({ title: t("security.everywhereSure"), text: t("security.everywhereText"), yes: t("security.everywhere"), danger: true });
    if (yes && (await attempt(async () => (await recado.ask("DELETE", "/v1/me/sessions"), true)))) me.value = null;
  };
  return html`
    <ul class="security-list">${sessions.map((one) => html`<li key=${one.id}>
      <span class="security-what"><strong>${machine(one.agent)}</strong> ${one.current && html`<${Badge} tone="open">${t("security.here")}<//>`}
        <small>${t("security.session", { place: one.place, at: wholeTime(one.last_used_at ?? one.created_at) })}</small></span>
      ${!one.current && html`<${Button} size="s" label=${t("security.end")} aria-label=${t("security.endOf", { name: machine(one.agent) })} onClick=${() => end(one)} />`}
    </li>`)}</ul>
    <div class="form-foot"><${Button} kind="danger" icon="log-out" label=${t("security.everywhere")} onClick=${endAll} /></div>`;
}

const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS X", "macOS"], ["Linux", "Linux"]];

/** What a browser says of itself, as people call it; all of it where it says something else. */
function machine(agent) {
  const found = [BROWSERS, SYSTEMS].map((names) => names.find(([mark]) => agent?.includes(mark))?.[1]).filter(Boolean);
  return found.join(" · ") || agent || t("security.unknown");
}
