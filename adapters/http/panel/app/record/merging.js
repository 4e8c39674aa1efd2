/** Two records of one person become one, and can be parted again (C4). */
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { attempt, Avatar, Banner, Button, Dialog, Icon, Picker, toast } from "../kit/index.js";
import { recado } from "../state/session.js";
import { shown } from "./formats.js";
import { mergeRecords, partRecords } from "./records.js";

export function MergeDialog({ record, onClose }) {
  const [other, setOther] = useState(null);
  const [busy, setBusy] = useState(false);
  const find = async (text) => {
    if (!text.trim()) return [];
    try {
      const { clients } = await recado.get("/v1/search", { q: text, limit: 20 });
      return clients.filter(({ id, merged_into: into }) => id !== record.id && !into).map(option);
    } catch {
      return [];
    }
  };
  const merge = async () => {
    setBusy(true);
    const done = await attempt(() => mergeRecords(record.id, other.client.id).then(() => true));
    setBusy(false);
    if (!done) return;
    onClose();
    const undo = { label: t("kit.undo"), run: () => attempt(() => partRecords(record.id, other.client.id)) };
    toast(t("record.mergedDone", { name: other.label }), { tone: "good", action: undo });
  };
  const footer = html`<${Button} label=${t("kit.cancel")} onClick=${onClose} /><${Button} kind="primary" icon="layers" label=${t("record.mergeGo")} disabled=${!other} busy=${busy} onClick=${merge} />`;
  return html`<${Dialog} title=${t("record.mergeTitle", { name: record.name ?? t("chat.noName") })} onClose=${onClose} footer=${footer}>
    ${other
      ? html`<div class="transfer-chosen">${other.before}<span class="option-text"><strong>${other.label}</strong><small>${other.detail}</small></span><${Button} size="s" kind="quiet" icon="pencil" label=${t("transfer.change")} onClick=${() => setOther(null)} /></div>
        <${Banner} tone="info">${t("record.mergeText", { other: other.label, name: record.name ?? t("chat.noName") })}<//>`
      : html`<${Picker} label=${t("record.mergeWith")} placeholder=${t("record.mergeFind")} find=${find} onChoose=${setOther} empty=${t("record.mergeEmpty")} />`}
  <//>`;
}

function option(client) {
  const facts = [shown("phone", client.phone), client.email, shown("cpf", client.cpf), ...client.identities.map(({ value }) => value)];
  const name = client.name ?? t("chat.noName");
  return { id: client.id, label: name, detail: facts.filter(Boolean).slice(0, 3).join(" · "), before: html`<${Avatar} name=${client.name} size="s" />`, after: html`<${Icon} name="user" size=${15} />`, client };
}
