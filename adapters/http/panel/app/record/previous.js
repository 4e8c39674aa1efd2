/** Chats that the client had before, and elsewhere: read where one is, without leaving the chat. */
import { html, useEffect, useRef, useState } from "../html.js";
import { dayOf, t } from "../i18n.js";
import { Badge, Banner, Button, Dialog, Icon, Skeleton } from "../kit/index.js";
import { sectionOf } from "../state/lists.js";
import { go } from "../state/route.js";
import { recado } from "../state/session.js";
import { Said } from "../timeline/said.js";
import { chatsOf, recordOf } from "./records.js";

const FIRST = 5;

export function PreviousSection({ chat }) {
  const [chats, setChats] = useState(null);
  const [open, setOpen] = useState(null);
  const [isWhole, setWhole] = useState(false);
  // A merge brings chats along, and its undo takes them away.
  const version = recordOf(chat.client.id)?.version ?? null;
  const asked = useRef(null);
  useEffect(() => {
    // What is asked while the record is on its way is as new as the record.
    const isAsked = asked.current?.client === chat.client.id && asked.current.version === null;
    asked.current = { client: chat.client.id, version };
    if (isAsked) return;
    setOpen(null);
    chatsOf(chat.client.id).then(({ items }) => setChats(items), () => setChats([]));
  }, [chat.client.id, version]);
  const others = (chats ?? []).filter(({ id }) => id !== chat.id);
  if (!chats) return html`<div><${Skeleton} rows=${2} height=${44} /></div>`;
  if (!others.length) return html`<p class="soft">${t("previous.none")}</p>`;
  const shown = isWhole ? others : others.slice(0, FIRST);
  return html`<div>
    <ul class="previous">${shown.map((one) => html`<li key=${one.id}><button type="button" class="previous-row" onClick=${() => setOpen(one)}>
      <span class="previous-line"><strong>${dayOf(one.last_activity_at)}</strong><${Badge} tone=${sectionOf(one) === "closed" ? "plain" : sectionOf(one)}>${t(`section.${sectionOf(one)}`)}<//></span>
      <span class="previous-said">${one.last_message?.text || t(`kind.${one.last_message?.kind ?? "unsupported"}`)}</span>
      <small>${[one.channel.account, (one.operator ?? one.last_operator)?.name].filter(Boolean).join(" · ")}</small>
    </button></li>`)}</ul>
    ${shown.length < others.length && html`<${Button} size="s" kind="quiet" icon="chevron-down" label=${t("previous.more", { n: others.length - shown.length })} onClick=${() => setWhole(true)} />`}
    ${open && html`<${Earlier} chat=${open} onClose=${() => setOpen(null)} />`}
  </div>`;
}

function Earlier({ chat, onClose }) {
  const [messages, setMessages] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => void recado.allMessages(chat.id).then(({ items }) => setMessages(items), (refused) => setProblem(refused.message)), []);
  const show = () => {
    onClose();
    go("inbox", "all", chat.id);
  };
  const footer = html`<${Button} icon="external-link" label=${t("previous.open")} onClick=${show} />`;
  return html`<${Dialog} title=${t("previous.title", { day: dayOf(chat.opened_at) })} size="m" onClose=${onClose} footer=${footer} class="before-this">
    <p class="earlier-divider"><span>${t("previous.divider")}</span></p>
    ${problem && html`<${Banner} tone="danger">${problem}<//>`}
    ${!messages && !problem && html`<${Skeleton} rows=${4} height=${40} />`}
    ${messages && html`<ol class="past-messages">${messages.map((message) => html`<${Said} key=${message.seq} message=${message} />`)}</ol>`}
    ${chat.closed_at && html`<p class="earlier-divider"><${Icon} name="circle-check-big" size=${14} /> <span>${t("previous.closed")}</span></p>`}
  <//>`;
}
