/** A template that the provider approved: all that a channel takes once its reply window is over (M10). */
import { addActs } from "../acts.js";
import { overlays } from "../extend.js";
import { html, signal, useState } from "../html.js";
import { language, t } from "../i18n.js";
import { chatAtHand } from "../inbox/picking.js";
import { attempt, Button, Dialog, Field, toast } from "../kit/index.js";
import { channelOf } from "../state/people.js";
import { prefs, setPrefs } from "../state/prefs.js";
import { canAct, me, recado } from "../state/session.js";

const MOST_KEPT = 20;
const LANGUAGES = { "pt-BR": "pt_BR", en: "en", es: "es" };
/** The chat for which one is being chosen. */
const sending = signal(null);

const canSend = (chat) => Boolean(canAct.value && chat && !chat.closed_at && chat.operator?.id === me.value?.id && channelOf(chat.channel.id)?.can?.templates);

addActs({ id: "composer.approved", label: "approved.act", group: "group.writing", icon: "scroll-text", when: () => canSend(chatAtHand.value), run: () => (sending.value = chatAtHand.value) });
overlays.add({ id: "approved", component: () => sending.value && html`<${Approved} key=${sending.value.id} chat=${sending.value} />` });

/** Those that one sent before, the last first: a provider is not asked which it approved. */
const known = () => prefs.value.approved ?? [];

function Approved({ chat }) {
  const [last] = known();
  const [said, setSaid] = useState({ name: last?.name ?? "", language: last?.language ?? LANGUAGES[language.value], values: "", text: last?.text ?? "" });
  const [isBusy, setBusy] = useState(false);
  const close = () => (sending.value = null);
  const typed = (name) => (event) => {
    const changed = { ...said, [name]: event.currentTarget.value };
    const before = name === "name" && known().find((one) => one.name === changed.name);
    setSaid(before ? { ...changed, ...before } : changed);
  };
  const values = said.values.split("\n").map((line) => line.trim()).filter(Boolean);
  const shown = said.text.replace(/\{\{(\d+)\}\}/g, (blank, number) => values[number - 1] ?? blank);
  const send = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    const template = { name: said.name.trim(), language: said.language.trim(), values };
    const done = await attempt(() => recado.send(chat.id, { text: shown.trim(), template }));
    setBusy(false);
    if (!done) return;
    const kept = { name: template.name, language: template.language, text: said.text };
    setPrefs({ approved: [kept, ...known().filter(({ name }) => name !== kept.name)].slice(0, MOST_KEPT) });
    toast(t("approved.sent"), { tone: "good" });
    close();
  };
  return html`<${Dialog} title=${t("approved.title", { name: chat.client.name ?? t("chat.noName") })} onClose=${close}>
    <form class="form" onSubmit=${send}>
      <p class="soft">${t("approved.lead")}</p>
      <${Field} label=${t("approved.name")} help=${t("approved.nameHelp")} value=${said.name} required maxlength="200" autocomplete="off" spellcheck=${false} autofocus list="approved-known" onInput=${typed("name")} />
      <datalist id="approved-known">${known().map(({ name }) => html`<option key=${name} value=${name} />`)}</datalist>
      <${Field} label=${t("approved.language")} value=${said.language} required minlength="2" maxlength="20" autocomplete="off" onInput=${typed("language")} />
      <${Field} as="textarea" rows="3" label=${t("approved.values")} help=${t("approved.valuesHelp", { 1: "{1}", 2: "{2}" })} value=${said.values} onInput=${typed("values")} />
      <${Field} as="textarea" rows="3" label=${t("approved.text")} help=${t("approved.textHelp")} value=${said.text} onInput=${typed("text")} />
      <footer class="form-foot"><${Button} label=${t("kit.cancel")} onClick=${close} /><${Button} type="submit" kind="primary" icon="send" busy=${isBusy} label=${t("approved.send")} /></footer>
    </form>
  <//>`;
}
