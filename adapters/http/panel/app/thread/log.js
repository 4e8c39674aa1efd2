/** The messages of a chat, day by day, with the end kept in sight while one is there. */
import { cls, html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../html.js";
import { dayOf, daysBetween, t } from "../i18n.js";
import { Button, Empty, Skeleton } from "../kit/index.js";
import { now } from "../state/now.js";
import { pendingOf } from "../state/outbox.js";
import { Earlier } from "./earlier.js";
import { finding } from "./finding.js";
import { Lightbox, picturesOf } from "./media.js";
import { Message } from "./message.js";
import { Pending } from "./pending.js";
import { useReading } from "./reading.js";

const CLOSE = 40; // Pixels from the end that still count as the end.
const TOGETHER = 3 * 60_000; // Messages of one person within this many milliseconds stand together.

/** Return messages in the order that they are shown in (M5). */
export const inOrder = (items) => [...items].sort((a, b) => (a.sent_at < b.sent_at ? -1 : a.sent_at > b.sent_at ? 1 : a.seq - b.seq));

const jump = (seq) => document.getElementById(`m-${seq}`)?.scrollIntoView({ block: "center" });

export function Log({ chat, view, quote }) {
  const box = useRef(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const [seenSeq, setSeenSeq] = useState(0);
  const isLoaded = view.isLoaded.value;
  const turn = view.turn.value;
  const messages = useMemo(() => inOrder(view.items.values()), [view, turn]);
  const pictures = useMemo(() => picturesOf(messages), [messages]);
  const pending = pendingOf(chat.id);
  const lastSeq = messages.reduce((last, { seq }) => Math.max(last, seq), 0);
  const firstUnread = useFirstUnread(chat, messages, isLoaded);
  useReading(chat, isAtEnd, lastSeq);

  const toEnd = () => (box.current.scrollTop = box.current.scrollHeight);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const atEnd = scrollHeight - scrollTop - clientHeight < CLOSE;
    setAtEnd(atEnd);
    if (atEnd) setSeenSeq(lastSeq);
  };
  useLayoutEffect(() => {
    if (isAtEnd && isLoaded) toEnd();
  }, [messages, pending.length, isLoaded]);
  useEffect(() => {
    // Pictures and the composer change heights after the messages are there.
    const watching = new ResizeObserver(() => isAtEnd && box.current && toEnd());
    watching.observe(box.current);
    watching.observe(box.current.firstElementChild);
    return () => watching.disconnect();
  }, [isAtEnd]);

  const found = finding.value?.items[finding.value.at]?.seq;
  useEffect(() => {
    if (found) (setAtEnd(false), jump(found));
  }, [found]);
  const hitsOf = useMemo(() => new Map((finding.value?.items ?? []).map(({ seq, hits }) => [seq, hits])), [finding.value?.items]);
  const known = useRef({});
  known.current = { messages, pictures };
  const find = useCallback((reference) => known.current.messages.find(({ seq, provider_ids: ids }) => String(seq) === String(reference) || ids.includes(String(reference))), []);
  const allPictures = useCallback(() => known.current.pictures, []);
  const draw = useDrawn();
  const below = isAtEnd ? 0 : messages.filter(({ seq, direction }) => direction === "in" && seq > seenSeq).length;

  return html`<div class="log-place">
    <div ref=${box} class="log" onScroll=${onScroll} tabindex="0" role="log" aria-live="polite" aria-relevant="additions" aria-label=${t("thread.log", { name: chat.client.name ?? t("chat.noName") })}>
      <ol class="messages">
        <${Earlier} chat=${chat} onShow=${() => setAtEnd(false)} />
        ${!isLoaded && html`<li role="presentation"><${Skeleton} rows=${5} height=${56} /></li>`}
        ${isLoaded && !messages.length && !pending.length && html`<li role="presentation"><${Empty} icon="message-circle-dashed" title=${t("thread.empty")} /></li>`}
        ${messages.map((message, at) => {
          const before = messages[at - 1];
          const isNewDay = !before || daysBetween(before.sent_at, Date.parse(message.sent_at)) !== 0;
          return [
            isNewDay && html`<li key=${`day-${message.seq}`} class="day"><span>${dayOf(message.sent_at, now.peek())}</span></li>`,
            message.seq === firstUnread && html`<li key="unread" class="day day-unread"><span>${t("thread.unreadFrom")}</span></li>`,
            draw({
              message, hits: hitsOf.get(message.seq), isFirst: isNewDay || !areTogether(before, message), isAtHand: message.seq === found,
              find, jump, quote, pictures: allPictures,
            }),
          ];
        })}
        ${pending.map((one) => html`<${Pending} key=${one.key} pending=${one} />`)}
      </ol>
    </div>
    ${!isAtEnd && html`<${Button} class=${cls("to-end", below > 0 && "to-end-new")} size="s" icon="arrow-down" label=${below ? t("thread.newBelow", { n: below }) : t("thread.toEnd")} onClick=${toEnd} />`}
    <${Lightbox} />
  </div>`;
}

/** Draws a message, once for as long as it and all that it is drawn by are the same. */
function useDrawn() {
  const held = useRef(new Map());
  const before = held.current;
  const now = (held.current = new Map());
  return (props) => {
    const known = before.get(props.message);
    const isSame = known && Object.keys(props).every((name) => known.props[name] === props[name]);
    const kept = isSame ? known : { props, drawn: html`<${Message} key=${props.message.seq} ...${props} />` };
    now.set(props.message, kept);
    return kept.drawn;
  };
}

function areTogether(before, message) {
  const isNear = Date.parse(message.sent_at) - Date.parse(before.sent_at) < TOGETHER;
  return isNear && before.direction === message.direction && before.author === message.author && before.kind !== "transfer" && message.kind !== "transfer";
}

/** Where the line stands that says what was not read yet when the chat was opened. */
function useFirstUnread(chat, messages, isLoaded) {
  const [seq, setSeq] = useState(null);
  useEffect(() => {
    if (!isLoaded || !chat.unread) return;
    const incoming = messages.filter(({ direction }) => direction === "in");
    setSeq(incoming.at(-chat.unread)?.seq ?? null);
  }, [isLoaded]);
  return seq;
}
