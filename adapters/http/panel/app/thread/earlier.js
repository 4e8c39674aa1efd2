/** What was said with the same client in chats before this one, above it and only to read. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { dayOf, t } from "../i18n.js";
import { attempt, Button } from "../kit/index.js";
import { watch } from "../state/live.js";
import { operatorOf } from "../state/people.js";
import { recado } from "../state/session.js";
import { Message } from "./message.js";
import { picturesOf } from "./media.js";

/** @param {{chat: any, onShow: () => void}} props `onShow` is called before something is put above what one sees */
export function Earlier({ chat, onShow }) {
  const [view, setView] = useState(null);
  const [shown, setShown] = useState([]);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    const watched = watch("chats", { client: chat.client.id });
    setView(watched);
    return () => watched.release();
  }, [chat.client.id]);
  if (!view) return null;
  const before = [...view.items.values()].filter(({ id, opened_at: at }) => id !== chat.id && at < chat.opened_at).sort((a, b) => (a.opened_at < b.opened_at ? 1 : -1));
  const next = before[shown.length];
  const more = async () => {
    setBusy(true);
    const said = await attempt(() => recado.allMessages(next.id));
    setBusy(false);
    if (!said) return;
    onShow();
    setShown([{ chat: next, items: said.items }, ...shown]);
  };
  return html`
    ${next && html`<li class="earlier-more"><${Button} size="s" kind="quiet" icon="history" busy=${isBusy} label=${t("earlier.more", { n: before.length - shown.length })} onClick=${more} /></li>`}
    ${shown.map((one) => html`<${Talk} key=${one.chat.id} ...${one} />`)}`;
}

function Talk({ chat, items }) {
  const last = chat.last_operator ?? chat.operator;
  const find = (reference) => items.find(({ seq }) => String(seq) === String(reference));
  const pictures = () => picturesOf(items);
  const box = useRef(null);
  useLayoutEffect(() => box.current.scrollIntoView({ block: "end" }), []);
  return html`<li ref=${box} class="earlier">
    <p class="day"><span>${t("earlier.from", { day: dayOf(chat.opened_at) })}${last ? ` · ${last.name ?? operatorOf(last.id)?.name ?? ""}` : ""}</span></p>
    <ol class="earlier-messages">${items.map((message) => html`<${Message} key=${message.seq} idPrefix=${`e-${chat.id}`} message=${message} isFirst find=${find} jump=${() => {}} pictures=${pictures} />`)}</ol>
    <p class="day earlier-end"><span>${t("earlier.end")}</span></p>
  </li>`;
}
