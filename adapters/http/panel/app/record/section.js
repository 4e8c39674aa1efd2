/** "Dados sobre o cliente": who he is, what is known of him, where he can be reached (C1–C6). */
import { html, useEffect, useState } from "../html.js";
import { number, t } from "../i18n.js";
import { attempt, Banner, Button, Icon, Skeleton, toast } from "../kit/index.js";
import { canAct, me, recado } from "../state/session.js";
import { accountSettings, freshSettings } from "../state/settings.js";
import { Fact } from "./field.js";
import { MergeDialog } from "./merging.js";
import { shown } from "./formats.js";
import { changeRecord, DETAILS, fields, freshFields, loadRecord, partRecords, recordOf } from "./records.js";

export function RecordSection({ chat }) {
  const { id, name } = chat.client;
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    const read = () => loadRecord(id).then(() => setProblem(null), (refused) => setProblem(refused.message));
    read();
    Promise.all([freshFields(), freshSettings()]).catch(() => {});
    window.addEventListener("focus", read);
    return () => window.removeEventListener("focus", read);
  }, [id, name]);
  const record = recordOf(id);
  if (problem && !record) return html`<div><${Banner} tone="danger">${problem}<//></div>`;
  if (!record) return html`<div><${Skeleton} rows=${3} height=${48} /></div>`;
  const canPin = me.value.may.includes("administer");
  const pin = (key) => canPin && html`<${Pin} name=${key} />`;
  return html`<div class="record">
    ${record.merged_into && html`<${Banner} tone="info">${t("record.isMerged")}<//>`}
    ${DETAILS.map(({ key, kind }) => html`<${Fact} key=${key} record=${record} name=${key} label=${t(`record.${key}`)} kind=${kind} pin=${key !== "name" && pin(key)} />`)}
    ${record.channel_name && record.given_name && record.channel_name !== record.given_name && html`<p class="record-fine">${t("record.channelName", { name: record.channel_name })}</p>`}
    ${fields.value.map((field) => html`<${Fact} key=${field.id} record=${record} name=${field.id} label=${field.name} kind=${field.kind} options=${field.options} pin=${pin(field.id)} />`)}
    <${Tags} record=${record} />
    <${Identities} record=${record} />
    <${Merged} record=${record} />
  </div>`;
}

/** Shows a fact in the head of every chat; an administrator decides (C5). */
function Pin({ name }) {
  const pinned = accountSettings.value.header_fields ?? [];
  const isPinned = pinned.includes(name);
  const turn = async () => {
    const header_fields = isPinned ? pinned.filter((one) => one !== name) : [...pinned, name];
    if (await attempt(() => recado.act("PATCH", "/v1/settings", { header_fields }))) accountSettings.value = { ...accountSettings.value, header_fields };
  };
  return html`<${Button} size="s" kind="quiet" icon="star" iconOnly class="fact-pin" aria-pressed=${isPinned ? "true" : "false"} label=${t(isPinned ? "record.unpin" : "record.pin")} onClick=${turn} />`;
}

function Tags({ record }) {
  const [text, setText] = useState("");
  const isFixed = !canAct.value || record.merged_into;
  const set = (tags) => attempt(() => changeRecord(record, { tags }));
  const add = async (event) => {
    if (event.key !== "Enter" || event.isComposing || !text.trim()) return;
    event.preventDefault();
    if (await set([...new Set([...record.tags, text.trim()])])) setText("");
  };
  return html`<div class="fact"><span class="fact-label">${t("record.tags")}</span>
    <p class="chips">
      ${record.tags.map((tag) => isFixed
        ? html`<span key=${tag} class="chip">${tag}</span>`
        : html`<button key=${tag} type="button" class="chip" aria-label=${t("tags.remove", { name: tag })} onClick=${() => set(record.tags.filter((one) => one !== tag))}>${tag} <${Icon} name="x" size=${13} /></button>`)}
      ${!isFixed && html`<input class="chip-input" aria-label=${t("record.addTag")} placeholder=${t("record.addTag")} value=${text} onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${add} />`}
    </p>
  </div>`;
}

const NAMES = { whatsapp: "WhatsApp", telegram: "Telegram", messenger: "Messenger", instagram: "Instagram", twilio: "SMS", vk: "VK", email: "E-mail", webchat: "Web" };
const ICONS = { whatsapp: "phone", telegram: "send", email: "mail", phone: "phone", instagram: "image", messenger: "message-circle", webchat: "globe", vk: "message-circle" };

function Identities({ record }) {
  if (!record.identities.length) return null;
  return html`<div class="fact"><span class="fact-label">${t("record.identities", { n: number(record.identities.length) })}</span>
    <ul class="identities">${record.identities.map(({ scheme, value }) => {
      const [channel] = scheme.split(".");
      return html`<li key=${`${scheme} ${value}`}><${Icon} name=${ICONS[channel] ?? "contact"} size=${15} /><span class="identity-scheme">${NAMES[channel] ?? channel}</span><span class="one-line">${asWritten(scheme, value)}</span></li>`;
    })}</ul>
  </div>`;
}

/** A number that is known without its + is written as telephones are; everything else as it is. */
const asWritten = (scheme, value) => (scheme.endsWith("phone") && /^\d{8,15}$/.test(value) ? shown("phone", `+${value}`) : value);

/** Records that are shown under this one, and how to undo that (C4). */
function Merged({ record }) {
  const [isMerging, setMerging] = useState(false);
  const part = async ({ id, name }) => {
    if ((await attempt(() => partRecords(record.id, id).then(() => true))) === undefined) return;
    toast(t("record.parted", { name: name ?? t("chat.noName") }), { tone: "good" });
  };
  if (!canAct.value) return null;
  return html`
    ${record.merged.map((one) => html`<p key=${one.id} class="merged"><${Icon} name="layers" size=${15} /><span class="grow one-line">${t("record.holds", { name: one.name ?? t("chat.noName") })}</span><${Button} size="s" kind="quiet" icon="undo-2" label=${t("record.part")} onClick=${() => part(one)} /></p>`)}
    ${!record.merged_into && html`<p><${Button} size="s" icon="user-plus" label=${t("record.merge")} onClick=${() => setMerging(true)} /></p>`}
    ${isMerging && html`<${MergeDialog} record=${record} onClose=${() => setMerging(false)} />`}`;
}
