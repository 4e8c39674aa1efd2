/** Tokens for programs: made for a purpose, limited to rights, shown once, withdrawn at any time. */
import { html, useEffect, useId, useState } from "../../html.js";
import { listing, t, wholeTime } from "../../i18n.js";
import { attempt, Badge, Button, confirmed, Dialog, Skeleton, Switch } from "../../kit/index.js";
import { operatorOf } from "../../state/people.js";
import { me, recado } from "../../state/session.js";
import { Form } from "./form.js";
import { tellOnce } from "./once.js";

const DAY = 86_400_000;
const LASTS = [30, 90, 365];
const mayAll = () => me.value.may.includes("administer");

export function Tokens() {
  const [tokens, setTokens] = useState(null);
  const [isMaking, setMaking] = useState(false);
  const [isAll, setAll] = useState(false);
  const read = () => attempt(async () => setTokens((await recado.get("/v1/tokens", { operator: isAll ? "all" : null })).items));
  useEffect(() => void read(), [isAll]);
  if (!tokens) return html`<${Skeleton} rows=${2} height=${44} />`;
  const withdraw = async ({ id, name }) => {
    const yes = await confirmed({ title: t("token.withdrawSure", { name }), text: t("token.withdrawText"), yes: t("token.withdraw"), danger: true });
    if (yes && (await attempt(async () => (await recado.ask("DELETE", `/v1/tokens/${id}`), true)))) await read();
  };
  return html`
    ${mayAll() && html`<${Switch} label=${t("token.all")} checked=${isAll} onChange=${setAll} />`}
    <ul class="security-list">${tokens.map((one) => html`<li key=${one.id}>
      <span class="security-what"><strong>${one.name ?? t("token.unnamed")}</strong>
        ${one.operator !== me.value.id && html` <${Badge} icon="user">${operatorOf(one.operator)?.name ?? "–"}<//>`}
        <small>${rightsOf(one)}</small>
        <small>${t(one.last_used_at ? "token.used" : "token.unused", { at: wholeTime(one.last_used_at ?? one.created_at) })}${one.expires_at ? ` · ${t("token.until", { at: wholeTime(one.expires_at) })}` : ""}</small></span>
      <${Button} size="s" label=${t("token.withdraw")} aria-label=${t("token.withdrawOne", { name: one.name ?? t("token.unnamed") })} onClick=${() => withdraw(one)} />
    </li>`)}</ul>
    ${tokens.length === 0 && html`<p class="soft">${t("token.none")}</p>`}
    <div class="form-foot"><${Button} kind="primary" icon="plus" label=${t("token.make")} onClick=${() => setMaking(true)} /></div>
    ${isMaking && html`<${Making} onClose=${() => setMaking(false)} done=${read} />`}`;
}

const rightsOf = ({ scopes }) => (scopes ? listing(["read", ...scopes.filter((one) => one !== "read")].map((one) => t(`right.${one}`))) : t("token.everything"));

function Making({ onClose, done }) {
  const fields = [
    { name: "name", label: "token.name", help: "token.nameHelp", required: true, more: { maxlength: 100, autofocus: true } },
    { name: "scopes", label: "token.rights", component: Rights },
    { name: "days", label: "token.lasts", kind: "select", options: () => [...LASTS.map((n) => ({ value: String(n), label: t("token.days", { n }) })), { value: "", label: t("token.forever") }] },
  ];
  const save = async ({ name, scopes, days }) => {
    const until = days ? new Date(Date.now() + Number(days) * DAY).toISOString() : null;
    const { token } = await recado.ask("POST", "/v1/tokens", { name, scopes, expires_at: until });
    onClose();
    await done();
    tellOnce({ title: t("token.made", { name }), values: [{ label: t("token.token"), value: token }] });
  };
  return html`<${Dialog} title=${t("token.make")} onClose=${onClose}>
    <${Form} fields=${fields} values=${{ name: "", scopes: ["read"], days: "90" }} save=${save} label=${t("token.make")}><${Button} label=${t("kit.cancel")} onClick=${onClose} /><//>
  <//>`;
}

/** Which of one's own rights a token is given; reading is always among them. */
function Rights({ field, value, onChange }) {
  const id = useId();
  const toggle = (right, isIn) => onChange(isIn ? [...value, right] : value.filter((one) => one !== right));
  return html`<fieldset class="members" aria-describedby=${id}>
    <legend>${t(field.label)}</legend><small id=${id}>${t("token.rightsHelp")}</small>
    ${me.value.may.map((right) => html`<label key=${right} class="check"><input type="checkbox" checked=${value.includes(right)} disabled=${right === "read"} onChange=${(event) => toggle(right, event.currentTarget.checked)} /><span>${t(`right.${right}`)}</span></label>`)}
  </fieldset>`;
}
