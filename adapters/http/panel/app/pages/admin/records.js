/**
 * A table of things that can be made, changed and taken away, each in a dialog with a form.
 *
 * @typedef {object} Records
 * @property {string} path of the API
 * @property {string} one words key: what a single one is called
 * @property {string} icon
 * @property {{label: string, cell: (item: any) => any}[]} columns the first is the item's name
 * @property {(item: any|null) => import("./form.js").FormField[]} fields of the form; null for a new one
 * @property {(item: any|null) => object} values what the form begins with
 * @property {(values: any, item: any|null) => object} body what is sent
 * @property {(item: any) => boolean} [mayChange]
 * @property {(item: any) => boolean} [mayRemove]
 * @property {(item: any, done: (receipt: any) => any) => any[]} [more] what else can be done with one, as a menu has it
 * @property {(receipt: any, values: any, item: any|null) => void} [made] after one was made or changed
 * @property {(answer: any) => void} [heard] all that the list's answer told
 * @property {() => Promise<any>} [then] after a change
 */
import { html, useEffect, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { attempt, Button, confirmed, Dialog, Empty, Menu, Skeleton, toast } from "../../kit/index.js";
import { recado } from "../../state/session.js";
import { Form } from "./form.js";

/** @param {{of: Records}} given */
export function Records({ of: what }) {
  const [items, setItems] = useState(null);
  const [edited, setEdited] = useState(undefined);
  const [sought, setSought] = useState("");
  const read = async (position) => {
    const answer = await recado.get(what.path, { min_position: position });
    what.heard?.(answer);
    setItems(answer.items);
  };
  useEffect(() => void attempt(read), []);
  if (!items) return html`<${Skeleton} rows=${5} height=${44} />`;
  const done = async (receipt) => {
    setEdited(undefined);
    await attempt(() => read(receipt?.position));
    await what.then?.();
  };
  const shown = items.filter((item) => says(item, sought));
  const add = html`<${Button} kind="primary" icon="plus" label=${t("admin.new", { what: t(what.one) })} onClick=${() => setEdited(null)} />`;
  return html`
    <${Tools} sought=${sought} onSeek=${setSought}>${add}<//>
    ${shown.length === 0
      ? html`<${Empty} icon=${what.icon} title=${sought ? t("kit.nothingFound") : t("admin.none")} />`
      : html`<${Table} what=${what} items=${shown} onEdit=${setEdited} onRemove=${(item) => remove(what, item, done)} done=${done} />`}
    ${edited !== undefined && html`<${Edit} what=${what} item=${edited} onClose=${() => setEdited(undefined)} onSaved=${done} />`}`;
}

/** The bar above a table: what is sought in it, and what can be added. */
export function Tools({ sought, onSeek, children }) {
  return html`<div class="admin-tools">
    <input type="search" class="admin-search" aria-label=${t("admin.search")} placeholder=${t("admin.search")} value=${sought} onInput=${(event) => onSeek(event.currentTarget.value)} />
    <span class="grow" />${children}
  </div>`;
}

export function Table({ what, items, onEdit, onRemove, done }) {
  return html`<div class="board-scroll"><table class="board-table">
    <thead><tr>${what.columns.map(({ label }) => html`<th scope="col">${t(label)}</th>`)}<th scope="col"><span class="unseen">${t("admin.acts")}</span></th></tr></thead>
    <tbody>${items.map((item) => html`<tr key=${item.id ?? item.name}>
      ${what.columns.map(({ cell }, at) => (at === 0 ? html`<th scope="row">${cell(item)}</th>` : html`<td>${cell(item)}</td>`))}
      <td class="admin-acts">
        ${(what.mayChange?.(item) ?? true) && html`<${Button} size="s" kind="quiet" icon="pencil" iconOnly label=${t("admin.changeOne", { name: nameOf(item) })} tip=${t("admin.change")} onClick=${() => onEdit(item)} />`}
        ${(what.mayRemove?.(item) ?? true) && html`<${Button} size="s" kind="quiet" icon="trash-2" iconOnly label=${t("admin.removeOne", { name: nameOf(item) })} tip=${t("admin.remove")} onClick=${() => onRemove(item)} />`}
        ${what.more && html`<${Menu} items=${what.more(item, done)} button=${{ size: "s", kind: "quiet", icon: "ellipsis", iconOnly: true, label: t("admin.moreOf", { name: nameOf(item) }), tip: t("admin.more") }} />`}
      </td>
    </tr>`)}</tbody>
  </table></div>`;
}

function Edit({ what, item, onClose, onSaved }) {
  const title = item ? t("admin.change") : t("admin.new", { what: t(what.one) });
  const save = async (values) => {
    const body = what.body(values, item);
    const receipt = item ? await recado.act("PATCH", `${what.path}/${encodeURIComponent(item.id)}`, body) : await recado.act("POST", what.path, body);
    toast(t("admin.saved"), { tone: "good" });
    await onSaved(receipt);
    what.made?.(receipt, values, item);
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <${Form} fields=${what.fields(item)} values=${what.values(item)} save=${save}><${Button} label=${t("kit.cancel")} onClick=${onClose} /><//>
  <//>`;
}

async function remove(what, item, done) {
  if (!(await confirmed({ title: t("admin.removeSure", { name: nameOf(item) }), text: t(`${what.one}.removed`), yes: t("admin.remove"), danger: true }))) return;
  const receipt = await attempt(() => recado.act("DELETE", `${what.path}/${encodeURIComponent(item.id)}`));
  if (receipt) await done(receipt);
}

const nameOf = (item) => item.title ?? item.name;
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
/** Whether an item holds what is sought, whatever the accents. */
export const says = (item, sought) =>
  !sought || fold(["name", "title", "code", "text", "email", "url", "kind"].map((key) => item[key] ?? "").join(" ")).includes(fold(sought));
