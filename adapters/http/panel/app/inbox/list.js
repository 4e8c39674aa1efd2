/** The list in the middle: its tools, its rows, and what to do with those that are picked. */
import { cls, html, useEffect, useRef, useState } from "../html.js";
import { bulkTools, listTools } from "../extend.js";
import { briefly, lasting, t } from "../i18n.js";
import { ActButton, Avatar, Badge, Banner, Button, Empty, Icon, Skeleton, VirtualList } from "../kit/index.js";
import { countOf, currentList, narrowing, ordered, sectionOf, watchList } from "../state/lists.js";
import { now } from "../state/now.js";
import { myself } from "../state/people.js";
import { setPresence } from "../state/presence.js";
import { chatId, go } from "../state/route.js";
import { foreseeSoon } from "../state/said.js";
import { canAct, me, recado } from "../state/session.js";
import { closePicked, inBulk, pull } from "./acts.js";
import { isUntilHeWrites, pulling } from "./going.js";
import { chatAtHand, cursor, openChat, pick, picked, shownRows, shownView, unpick } from "./picking.js";

const ROW = 84;
const STILL_FOR = 4_000; // Milliseconds that rows keep their places after the pointer moved over them.

export function ListPane() {
  const list = currentList.value;
  const name = list.label ? t(list.label) : list.name;
  const count = countOf(list);
  return html`<section class=${cls("list-pane", `tone-${list.tone}`)} aria-labelledby="list-title">
    <header class="list-head">
      <h1 id="list-title"><${Icon} name=${list.icon} size=${20} class="toned" /><span class="one-line">${name}</span></h1>
      <span class="grow"></span>
      ${list.id === "new" && count > 0 && html`<${ActButton} act="chat.pullOldest" icon="hand" label=${t("act.pullNext")} size="s" kind="primary" />`}
    </header>
    ${listTools.all.map(({ id, component: Tool }) => html`<${Tool} key=${id} list=${list} />`)}
    <${Absent} />
    ${picked.value.size > 0 && html`<${Bulk} />`}
    <${Rows} key=${`${list.id} ${JSON.stringify(narrowing.value)}`} list=${list} name=${name} />
  </section>`;
}

/** Says why nothing comes to who is not online. */
function Absent() {
  const presence = myself.value?.presence;
  if (!canAct.value || !presence || presence === "online") return null;
  const action = html`<${Button} size="s" label=${t("absent.comeBack")} onClick=${() => setPresence("online")} />`;
  return html`<${Banner} tone="info" icon=${presence === "away" ? "coffee" : "power"} action=${action}>${t(`absent.${presence}`)}<//>`;
}

function Rows({ list, name }) {
  const [view, setView] = useState(null);
  const more = useRef({ items: new Map(), cursor: null, busy: false });
  const [, redraw] = useState(0);
  useEffect(() => {
    const watched = watchList(list, narrowing.value);
    shownView.value = watched;
    setView(watched);
    return () => watched.release();
  }, []);
  const held = useStill();
  if (!view) return null;
  const live = view.items;
  const rows = held.apply(inOrder(view, live, list, more.current));
  shownRowsAre(rows);
  if (!view.isLoaded.value) return html`<${Skeleton} height=${ROW} rows=${8} />`;
  if (!rows.length) return html`<${Nothing} list=${list} />`;
  const onEnd = () => readOn(view, list, more.current, () => redraw((turn) => turn + 1));
  return html`<${VirtualList} rows=${rows} height=${ROW} label=${t("list.rows", { name })} chosen=${cursor.value ?? chatId.value} multi
    draw=${held.draw()} onEnd=${onEnd} ...${held.props} />`;
}

/** Return all rows that are here in their order; put in order again only when they changed. */
function inOrder(view, live, list, more) {
  const turn = view.turn.value;
  if (more.orderedAt !== turn || more.orderedOf !== more.items.size) {
    more.rows = ordered(more.items.size ? new Map([...more.items, ...live]).values() : live.values(), list);
    more.orderedAt = turn;
    more.orderedOf = more.items.size;
  }
  return more.rows;
}

function shownRowsAre(rows) {
  // While drawing nothing may change; right after it may.
  queueMicrotask(() => {
    if (rows.length !== shownRows.value.length || rows.some((chat, at) => chat !== shownRows.value[at])) shownRows.value = rows;
  });
}

/** Read the next page of a list that is longer than what the feed sends whole. */
async function readOn(view, list, more, redraw) {
  const cursor = more.cursor ?? view.rows.nextCursor;
  if (!cursor || more.busy || more.cursor === "") return;
  more.busy = true;
  try {
    const page = await recado.chats({ ...list.params, ...narrowing.value, cursor, limit: 200 });
    for (const chat of page.items) more.items.set(chat.id, chat);
    more.cursor = page.next_cursor ?? "";
    redraw();
  } finally {
    more.busy = false;
  }
}

const NOBODY = new Set();

/** Keeps rows where they are while the pointer moves over them: nothing jumps away under a click. */
function useStill() {
  const state = useRef({ movedAt: 0, rows: [], gone: NOBODY, draw: null, drawsFor: null }).current;
  const [, redraw] = useState(0);
  const timer = useRef(0);
  const release = () => {
    clearTimeout(timer.current);
    state.movedAt = 0;
    redraw((turn) => turn + 1);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    props: {
      onPointerMove: (event) => {
        if (event.pointerType === "touch") return;
        state.movedAt = Date.now();
        clearTimeout(timer.current);
        timer.current = setTimeout(release, STILL_FOR);
      },
      onPointerLeave: release,
    },
    /** How a row is drawn: the same function until other rows are gone, so that it need not be drawn again. */
    draw() {
      const { gone } = state;
      if (state.drawsFor !== gone) state.draw = (chat) => html`<${Row} key=${chat.id} chat=${chat} isGone=${gone.has(chat.id)} />`;
      state.drawsFor = gone;
      return state.draw;
    },
    apply(listed) {
      const rows = withOpen(listed, state.rows);
      if (Date.now() - state.movedAt >= STILL_FOR || !state.rows.length) {
        state.gone = NOBODY;
        return (state.rows = rows);
      }
      const now = new Map(rows.map((chat) => [chat.id, chat]));
      const before = new Set(state.rows.map(({ id }) => id));
      state.gone = new Set(state.rows.filter(({ id }) => !now.has(id)).map(({ id }) => id));
      const added = rows.filter(({ id }) => !before.has(id));
      return (state.rows = [...state.rows.map((chat) => now.get(chat.id) ?? chat), ...added]);
    },
  };
}

/** The open chat keeps its place when it leaves the list by being read or answered, until one leaves it. */
function withOpen(rows, before) {
  const id = chatId.value;
  const at = id ? before.findIndex((chat) => chat.id === id) : -1;
  if (at < 0 || rows.some((chat) => chat.id === id)) return rows;
  const open = chatAtHand.value?.id === id ? chatAtHand.value : before[at];
  return [...rows.slice(0, at), open, ...rows.slice(at)];
}

/** One chat: who, what was said last, how long he waits, and where he came from. */
export function Row({ chat, isGone }) {
  const isChosen = chatId.value === chat.id;
  const isPicked = picked.value.has(chat.id);
  const section = sectionOf(chat);
  const onClick = (event) => {
    if (isGone) return;
    if (event.ctrlKey || event.metaKey) pick(chat.id);
    else if (event.shiftKey) pick(chat.id, { range: true });
    else openChat(chat.id);
  };
  return html`<div id=${`row-${chat.id}`} role="option" onPointerEnter=${() => foreseeSoon(chat)} aria-selected=${isChosen || isPicked ? "true" : "false"} onClick=${onClick}
    class=${cls("row", `tone-${section}`, isChosen && "row-chosen", cursor.value === chat.id && "row-cursor", isPicked && "row-picked", chat.unread > 0 && "row-unread", (isGone || pulling.value.has(chat.id)) && "row-gone")}>
    <span class="row-who" onClick=${(event) => (event.stopPropagation(), pick(chat.id, { range: event.shiftKey }))}>
      <${Avatar} name=${chat.client.name} />
      <span class="row-pick" aria-hidden="true"><${Icon} name="check" size=${16} /></span>
    </span>
    <span class="row-text">
      <span class="row-line"><strong class="row-name one-line">${chat.client.name ?? t("chat.noName")}</strong><${Channel} kind=${chat.channel.kind} /><span class="grow"></span><time class="row-time" datetime=${chat.last_activity_at}>${briefly(chat.last_activity_at, now.value)}</time></span>
      <span class="row-line"><${Preview} chat=${chat} />${chat.unread > 0 && html`<${Badge} tone="unread" strong><span class="unseen">${t("chat.unreadCount", { n: chat.unread })}</span><span aria-hidden="true">${chat.unread}</span><//>`}</span>
      <span class="row-line row-marks"><${Marks} chat=${chat} section=${section} /></span>
    </span>
    ${section === "new" && canAct.value && !isGone && html`<span class="button button-primary button-s row-pull" aria-hidden="true" onClick=${(event) => (event.stopPropagation(), pull(chat))}><${Icon} name="hand" size=${16} />${t("act.pull")}</span>`}
  </div>`;
}

function Preview({ chat }) {
  const { transfer, last_message: last } = chat;
  if (transfer) {
    const name = transfer.by?.name ?? "—";
    const text = transfer.comment ? t("chat.transferredBy", { name, comment: transfer.comment }) : t("chat.transferredBare", { name });
    return html`<span class="row-preview row-transfer one-line"><${Icon} name="arrow-right-left" size=${14} /> ${text}</span>`;
  }
  const said = last ? last.text || t(`kind.${last.kind}`) : "";
  const isOwn = last?.direction === "out";
  return html`<span class="row-preview one-line">${isOwn ? t("chat.you", { text: said }) : said}</span>`;
}

/** What else there is to choose by: how long he waits, whose chat it is, tags. */
function Marks({ chat, section }) {
  const waits = chat.waiting_since && section !== "closed";
  const isOthers = chat.operator && chat.operator.id !== me.value.id;
  return html`
    ${waits && html`<span class=${cls("mark-wait", section === "waiting" && "mark-late")} data-tip=${t("chat.waitingFor", { time: lasting(now.value - Date.parse(chat.waiting_since)) })}><${Icon} name=${section === "waiting" ? "hourglass" : "clock"} size=${13} /> ${lasting(now.value - Date.parse(chat.waiting_since))}</span>`}
    ${chat.snoozed_until && html`<span class="mark"><${Icon} name="alarm-clock" size=${13} /> ${isUntilHeWrites(chat.snoozed_until) ? t("chat.snoozedReply") : briefly(chat.snoozed_until, now.value)}</span>`}
    ${chat.priority !== "normal" && html`<span class="mark mark-late" data-tip=${t("chat.urgent")}><${Icon} name="flag" size=${13} /></span>`}
    ${isOthers && html`<span class="mark one-line"><${Icon} name="user" size=${13} /> ${chat.operator.name}</span>`}
    ${chat.group && html`<span class="mark one-line">${chat.group.name}</span>`}
    ${chat.tags.slice(0, 3).map((tag) => html`<span class="tag one-line" key=${tag}>${tag}</span>`)}`;
}

const CHANNELS = { whatsapp: "WhatsApp", telegram: "Telegram", messenger: "Messenger", instagram: "Instagram", email: "E-mail", twilio: "SMS", webchat: "Web", vk: "VK" };

export function Channel({ kind }) {
  return html`<span class=${`channel channel-${kind}`} data-tip=${CHANNELS[kind] ?? kind}>${CHANNELS[kind] ?? kind}</span>`;
}

function Nothing({ list }) {
  if (narrowing.value) return html`<${Empty} icon="list-filter" title=${t("list.emptyNarrowed")} action=${html`<${Button} label=${t("list.widen")} icon="x" onClick=${() => (narrowing.value = null)} />`} />`;
  if (list.id === "new") return html`<${Empty} icon="circle-check-big" title=${t("list.emptyNew")}>${t("list.emptyNewText")}<//>`;
  const action = html`<${Button} label=${t("list.goNew")} icon="inbox" onClick=${() => go("inbox", "new")} />`;
  return html`<${Empty} icon=${list.icon} title=${t("list.emptyMine")} action=${action}>${t("list.emptyMineText")}<//>`;
}

function Bulk() {
  return html`<div class="bulk" role="toolbar" aria-label=${t("list.picked", { n: picked.value.size })}>
    <span>${t("list.picked", { n: picked.value.size })}</span><span class="grow"></span>
    ${bulkTools.all.map(({ id, component: Tool }) => html`<${Tool} key=${id} />`)}
    ${currentList.value.id === "new"
      ? html`<${Button} size="s" icon="hand" label=${t("act.pull")} onClick=${() => inBulk("assign", { operator: "me" })} />`
      : html`<${Button} size="s" icon="mail-open" iconOnly label=${t("list.markRead")} onClick=${() => inBulk("read")} />
        <${Button} size="s" icon="circle-check-big" label=${t("act.close")} onClick=${closePicked} />`}
    <${Button} size="s" kind="quiet" icon="x" iconOnly label=${t("list.unpick")} onClick=${unpick} />
  </div>`;
}
