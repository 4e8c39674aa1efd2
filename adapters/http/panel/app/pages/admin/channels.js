/** Channel accounts: connect, configure, pause, and how each of them is. Secrets go in and never come out. */
import { html, useEffect, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { attempt, Badge, Button, confirmed, Empty, Skeleton, toast } from "../../kit/index.js";
import { loadChannels } from "../../state/people.js";
import { recado } from "../../state/session.js";
import { Connecting } from "./connecting.js";
import { says, Table, Tools } from "./records.js";

const GONE = "disconnected";
const KNOWN = ["by_hand"];

const isGone = (item) => item.paused === GONE;
const isBroken = (item) => !isGone(item) && item.can === null;

/** How an account is, in a word and a sentence. */
function State({ item }) {
  if (isGone(item)) return html`<${Badge} icon="plug">${t("channels.gone")}<//>`;
  if (isBroken(item)) return html`<${Badge} tone="danger" icon="circle-alert">${t("channels.broken")}<//>`;
  if (!item.paused) return html`<${Badge} tone="waiting" icon="circle-check">${t("channels.works")}<//>`;
  const why = KNOWN.includes(item.paused) ? t(`channels.why.${item.paused}`) : item.paused;
  return html`<span class="admin-state"><${Badge} tone="warn" icon="pause">${t("channels.paused")}<//><small>${why}</small></span>`;
}

export function Channels() {
  const [items, setItems] = useState(null);
  const [kinds, setKinds] = useState([]);
  const [sought, setSought] = useState("");
  const [opened, setOpened] = useState(null);
  const read = async (position) => setItems((await recado.get("/v1/channels", { min_position: position })).items);
  useEffect(() => void attempt(async () => {
    setKinds((await recado.get("/v1/channels/kinds")).items.filter(({ fault }) => !fault));
    await read();
  }), []);
  if (!items) return html`<${Skeleton} rows=${5} height=${44} />`;
  const done = async (receipt) => {
    setOpened(null);
    await attempt(() => read(receipt.position));
    await attempt(loadChannels);
  };
  const shown = items.filter((item) => says({ ...item, title: titleOf(kinds, item.kind) }, sought));
  const what = {
    columns: [
      { label: "channels.name", cell: (item) => html`<span class="admin-person"><span><span>${item.name}</span><small>${titleOf(kinds, item.kind)}</small></span></span>` },
      { label: "channels.group", cell: (item) => item.group?.name ?? t("channels.noGroup") },
      { label: "channels.state", cell: (item) => html`<${State} item=${item} />` },
    ],
    mayChange: (item) => !isGone(item),
    mayRemove: () => false,
    more: (item) => moreOf(item, done, setOpened),
  };
  const add = html`<${Button} kind="primary" icon="plus" label=${t("channels.connect")} onClick=${() => setOpened({})} />`;
  return html`
    <${Tools} sought=${sought} onSeek=${setSought}>${add}<//>
    ${shown.length === 0
      ? html`<${Empty} icon="plug" title=${sought ? t("kit.nothingFound") : t("channels.none")}>${sought ? "" : t("channels.noneText")}<//>`
      : html`<${Table} what=${what} items=${shown} onEdit=${(account) => setOpened({ account, kind: account.kind })} done=${done} />`}
    ${opened && html`<${Connecting} kinds=${kinds} account=${opened.account} kind=${opened.kind} again=${opened.again} onClose=${() => setOpened(null)} onSaved=${done} />`}`;
}

const titleOf = (kinds, kind) => kinds.find((one) => one.kind === kind)?.title ?? kind;

function moreOf(item, done, open) {
  const act = (name) => async () => {
    const receipt = await attempt(() => recado.act("POST", `/v1/channels/${item.id}/${name}`));
    if (!receipt) return;
    toast(t(`channels.${name}dOne`, { name: item.name }), { tone: "good" });
    await done(receipt);
  };
  if (isGone(item)) return [{ id: "again", icon: "plug", label: t("channels.again"), run: () => open({ kind: item.kind, again: item }) }];
  return [
    item.paused ? { id: "resume", icon: "play", label: t("channels.resume"), run: act("resume") } : { id: "pause", icon: "pause", label: t("channels.pause"), run: act("pause") },
    null,
    { id: "remove", icon: "trash-2", danger: true, label: t("channels.remove"), run: () => remove(item, done) },
  ];
}

async function remove(item, done) {
  const sure = { title: t("channels.removeSure", { name: item.name }), text: t("channels.removeText"), yes: t("channels.remove"), danger: true };
  if (!(await confirmed(sure))) return;
  const receipt = await attempt(() => recado.act("DELETE", `/v1/channels/${item.id}`));
  if (receipt) await done(receipt);
}
