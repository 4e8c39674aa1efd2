/** One client before the law: what would go, what forbids it, and doing it once it was typed that it is meant. */
import { html, useEffect, useState } from "../../html.js";
import { number, t } from "../../i18n.js";
import { attempt, Banner, Button, Dialog, Field, Icon, Skeleton, toast } from "../../kit/index.js";
import { recado } from "../../state/session.js";
import { Form } from "../admin/form.js";

const FIGURES = ["records", "fields", "chats", "open_chats", "messages", "files"];
const path = ({ id }, more) => `/v1/clients/${encodeURIComponent(id)}/${more}`;

/** @param {{client: any, onDone: (isErased: boolean) => void}} given */
export function ErasureCase({ client, onDone }) {
  const [plan, setPlan] = useState(null);
  const [opened, setOpened] = useState(null);
  const name = client.name ?? t("chat.noName");
  const read = () => attempt(async () => setPlan(await recado.ask("POST", path(client, "erase"), { confirm: false })));
  useEffect(() => void read(), []);
  if (!plan) return html`<${Skeleton} rows=${3} height=${40} />`;
  const close = () => setOpened(null);
  const release = async () => {
    if (!(await attempt(() => recado.act("POST", path(client, "release"))))) return;
    toast(t("erasure.released", { name }), { tone: "good" });
    await read();
    onDone(false);
  };
  const hold = async ({ reason }) => {
    await recado.act("POST", path(client, "hold"), { reason });
    close();
    toast(t("erasure.heldNow", { name }), { tone: "good" });
    await read();
    onDone(false);
  };
  return html`<section class="security-part" aria-labelledby="erasure-case">
    <h3 id="erasure-case">${name}</h3>
    ${plan.held !== null && html`<${Banner} tone="warn" icon="lock">${t("erasure.isHeld", { reason: plan.held })}<//>`}
    <dl class="proof-figures">${FIGURES.map((figure) => html`<div key=${figure}><dt>${t(`erasure.figure.${figure}`)}</dt><dd>${number(plan[figure])}</dd></div>`)}</dl>
    ${plan.mentions.length > 0 && html`<p class="soft">${t("erasure.mentions", { n: plan.mentions.length })}</p>`}
    <div class="form-foot">
      <a class="button button-plain button-m" href=${recado.url + path(client, "export")} download><${Icon} name="download" /><span>${t("erasure.archive")}</span></a>
      ${plan.held === null
        ? html`<${Button} icon="lock" label=${t("erasure.hold")} onClick=${() => setOpened("hold")} /><${Button} kind="danger" icon="trash-2" label=${t("erasure.erase")} onClick=${() => setOpened("erase")} />`
        : html`<${Button} icon="undo-2" label=${t("erasure.release")} onClick=${release} />`}
    </div>
    ${opened === "hold" && html`<${Dialog} size="s" title=${t("erasure.holdOf", { name })} onClose=${close}>
      <${Form} fields=${[{ name: "reason", label: "erasure.reason", kind: "textarea", help: "erasure.reasonHelp", required: true, more: { maxlength: 2_000, autofocus: true } }]} values=${{ reason: "" }} save=${hold} label=${t("erasure.hold")}><${Button} label=${t("kit.cancel")} onClick=${close} /><//>
    <//>`}
    ${opened === "erase" && html`<${Sure} name=${name} client=${client} onClose=${close} onErased=${() => (close(), onDone(true))} />`}
  </section>`;
}

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").trim().toLocaleLowerCase();

/** Nothing brings it back, so the client's name is to be typed. */
function Sure({ name, client, onClose, onErased }) {
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isMeant = fold(typed) === fold(name);
  const erase = async (event) => {
    event.preventDefault();
    if (!isMeant || isBusy) return;
    setBusy(true);
    const done = await attempt(() => recado.act("POST", path(client, "erase"), { confirm: true }));
    setBusy(false);
    if (!done) return;
    toast(t("erasure.erased", { n: done.messages }), { tone: "good", lasts: 10_000 });
    onErased();
  };
  return html`<${Dialog} title=${t("erasure.eraseOf", { name })} onClose=${onClose}>
    <form class="form" onSubmit=${erase}>
      <${Banner} tone="danger">${t("erasure.text")}<//>
      <${Field} label=${t("erasure.typeName", { name })} value=${typed} autocomplete="off" spellcheck=${false} autofocus onInput=${(event) => setTyped(event.currentTarget.value)} />
      <footer class="form-foot"><${Button} label=${t("kit.cancel")} onClick=${onClose} /><${Button} type="submit" kind="danger" icon="trash-2" label=${t("erasure.erase")} disabled=${!isMeant} busy=${isBusy} /></footer>
    </form>
  <//>`;
}
