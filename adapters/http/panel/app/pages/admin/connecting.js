/** Connecting a channel account, or configuring one: the form its kind asks for, and how to get what it asks. */
import { html, useEffect, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { attempt, Badge, Banner, Button, Copyable, Dialog, Skeleton, toast } from "../../kit/index.js";
import { groups } from "../../state/people.js";
import { recado } from "../../state/session.js";
import { Form } from "./form.js";
import { configOf, fieldsOf, valuesOf } from "./schema_form.js";

const NAME = "[a-z0-9][a-z0-9\\-]{0,62}";
const LEVELS = { gold: "good", silver: "plain", bronze: "plain" };

/** @param {{kinds: any[], account?: any, again?: any, kind?: string, onClose: () => void, onSaved: (receipt: any) => void}} given */
export function Connecting({ kinds, account, again, kind: given, onClose, onSaved }) {
  const [kind, setKind] = useState(given);
  const chosen = kinds.find((one) => one.kind === kind);
  if (!chosen) {
    return html`<${Dialog} key="kinds" size="l" title=${t("channels.which")} onClose=${onClose}>
      <div class="channel-kinds">${kinds.map((one, at) => html`<button key=${one.kind} type="button" class="channel-kind" autofocus=${at === 0} onClick=${() => setKind(one.kind)}>
        <strong>${one.title}</strong>${one.level && html`<${Badge} tone=${LEVELS[one.level] === "good" ? "waiting" : "plain"} icon="shield-check">${t(`level.${one.level}`)}<//>`}
      </button>`)}</div>
    <//>`;
  }
  const title = account ? t("channels.configure", { name: account.name }) : t("channels.connectOne", { kind: chosen.title });
  return html`<${Dialog} key=${kind} size="l" title=${title} onClose=${onClose}>
    <${Configuration} kind=${chosen} account=${account} again=${again} onClose=${onClose} onSaved=${onSaved} />
  <//>`;
}

function Configuration({ kind, account, again, onClose, onSaved }) {
  const [kept, setKept] = useState(account ? undefined : null);
  const [name, setName] = useState(account?.name ?? again?.name ?? "");
  useEffect(() => {
    if (account) attempt(async () => setKept((await recado.get(`/v1/channels/${account.id}/config`)).config));
  }, []);
  if (kept === undefined) return html`<${Skeleton} rows=${4} height=${44} />`;
  const fields = [
    ...(account || again ? [] : [{ name: "name", label: "channels.name", help: "channels.nameHelp", required: true, more: { pattern: NAME, autocomplete: "off", spellcheck: false, autofocus: true, onKeyUp: (event) => setName(event.currentTarget.value) } }]),
    { name: "group", label: "channels.group", help: "channels.groupHelp", kind: "select", options: () => [{ value: "", label: t("channels.noGroup") }, ...groups.value.map((one) => ({ value: one.id, label: one.name }))] },
    ...fieldsOf(kind.config, kept),
  ];
  const values = { name, group: (account ?? again)?.group?.id ?? null, ...valuesOf(kind.config, kept) };
  const save = async (said) => {
    const config = configOf(kind.config, said, kept);
    const body = { group: said.group, config };
    const receipt = account
      ? await recado.act("PATCH", `/v1/channels/${account.id}`, body)
      : await recado.act("POST", "/v1/channels", { name: said.name, kind: kind.kind, ...body });
    toast(t(account ? "admin.saved" : "channels.connected", { name: said.name }), { tone: "good" });
    await onSaved(receipt);
  };
  return html`<div class="connecting">
    <${Form} fields=${fields} values=${values} save=${save} label=${t(account ? "admin.save" : "channels.connect")}><${Button} label=${t("kit.cancel")} onClick=${onClose} /><//>
    <${Steps} kind=${kind} name=${name} />
  </div>`;
}

/** What to do at the provider's, with the address that it has to be given. */
function Steps({ kind, name }) {
  const address = `${location.origin}/channels/${name || "…"}/webhook`;
  return html`<aside class="connecting-steps" aria-label=${t("channels.steps")}>
    <h3>${t("channels.steps")}</h3>
    <ol>${kind.setup.map((step) => html`<li key=${step}><${Step} text=${told(step, name)} /></li>`)}</ol>
    <${Copyable} label=${t("channels.address")} value=${address} help=${t("channels.addressHelp")} />
    ${location.protocol !== "https:" && html`<${Banner} tone="warn">${t("channels.notPublic")}<//>`}
    <p><a href=${kind.docs} target="_blank" rel="noreferrer">${t("channels.docs", { kind: kind.title })}</a></p>
  </aside>`;
}

/** A step in the language of the panel, with this host and this account in the place of examples. */
function told(step, name) {
  const values = { host: location.origin };
  const text = t(step.replace(/https:\/\/your\.host/g, "{host}"), values);
  return text.replaceAll("{host}", values.host).replaceAll("ACCOUNT", name || "ACCOUNT");
}

/** A step with what stands between backticks as it is to be typed. */
const Step = ({ text }) => html`<span>${text.split("`").map((piece, at) => (at % 2 ? html`<code>${piece}</code>` : piece))}</span>`;
