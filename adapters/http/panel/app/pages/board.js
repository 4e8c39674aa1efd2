/** The board: figures over everything one sees, a row for each group, a row for each operator. */
import { cls, html, useEffect, useState } from "../html.js";
import { dayAndTime, lasting, number, t } from "../i18n.js";
import { attempt, Avatar, Badge, Icon, Skeleton } from "../kit/index.js";
import { standing } from "../state/lists.js";
import { watch } from "../state/live.js";
import { now } from "../state/now.js";
import { groups, loadGroups, operators } from "../state/people.js";
import { showOnly } from "../inbox/narrowed.js";
import { Trend } from "./board_trend.js";

const READ_AGAIN = 5_000; // Milliseconds between looks at what the feed does not tell: the groups' figures.

export default function Board() {
  const waiting = useView("chats", { section: "waiting" });
  const counts = useView("counts", {});
  useGroups();
  if (!waiting || !counts) return null;
  const fresh = [...standing().new.items.values()];
  const late = [...waiting.items.values()];
  if (!waiting.isLoaded.value) return html`<${Skeleton} rows=${6} />`;
  return html`<main class="board">
    <header class="board-head"><h1>${t("board.title")}</h1><p class="soft">${t("board.lead")}</p></header>
    <${Figures} counts=${counts.items.get("counts") ?? {}} fresh=${fresh} late=${late} />
    <${Trend} />
    <${Groups} fresh=${fresh} />
    <${People} late=${late} />
  </main>`;
}

function useView(projection, params) {
  const [view, setView] = useState(null);
  useEffect(() => {
    const watched = watch(projection, params);
    setView(watched);
    return () => watched.release();
  }, []);
  return view;
}

function useGroups() {
  useEffect(() => {
    const read = () => document.hidden || attempt(loadGroups);
    read();
    const timer = setInterval(read, READ_AGAIN);
    return () => clearInterval(timer);
  }, []);
}

/** Return since when the one waits who has waited longest; null where nobody does. */
const longest = (chats) => chats.reduce((first, { waiting_since: since }) => (since && (!first || since < first) ? since : first), null);
const waitOf = (since) => (since ? lasting(now.value - Date.parse(since)) : null);

function Figures({ counts, fresh, late }) {
  const online = operators.value.filter(({ presence }) => presence === "online");
  const free = online.reduce((sum, one) => sum + one.free, 0);
  const wait = (chats) => (longest(chats) ? t("board.longest", { time: waitOf(longest(chats)) }) : t("board.nobodyWaits"));
  return html`<ul class="board-figures">
    <${Figure} tone="new" icon="inbox" label=${t("board.new")} value=${counts.new ?? fresh.length} note=${wait(fresh)} />
    <${Figure} tone="waiting" icon="clock-alert" label=${t("board.waiting")} value=${counts.waiting ?? late.length} note=${wait(late)} />
    <${Figure} tone="open" icon="message-circle" label=${t("board.open.count")} value=${counts.open ?? 0} />
    <${Figure} icon="users" label=${t("board.online")} value=${online.length} note=${t("board.ofAll", { n: operators.value.length })} />
    <${Figure} icon="hand" label=${t("board.free")} value=${free} />
  </ul>`;
}

function Figure({ tone = "plain", icon, label, value, note }) {
  return html`<li class=${cls("board-figure", `tone-${tone}`)}>
    <span class="board-figure-label"><${Icon} name=${icon} class="toned" /> ${label}</span>
    <strong>${typeof value === "number" ? number(value) : value}</strong>
    <small>${note ?? "\u00a0"}</small>
  </li>`;
}

function Groups({ fresh }) {
  const heads = ["group", "queue", "longestWait", "there", "load", "freeShort", "hours"];
  const rest = fresh.filter(({ group }) => !group);
  return html`<section class="board-part" aria-labelledby="board-groups">
    <h2 id="board-groups">${t("board.groups")}</h2>
    <div class="board-scroll"><table class="board-table">
      <thead><tr>${heads.map((head) => html`<th scope="col">${t(`board.${head}`)}</th>`)}</tr></thead>
      <tbody>
        ${groups.value.filter(({ load }) => load !== null).map((group) => html`<${Group} key=${group.id} group=${group} fresh=${fresh.filter((chat) => chat.group?.id === group.id)} />`)}
        ${rest.length > 0 && html`<tr><th scope="row">${t("board.noGroup")}</th><td>${number(rest.length)}</td><td>${waitOf(longest(rest)) ?? "–"}</td><td colspan="4"></td></tr>`}
      </tbody>
    </table></div>
  </section>`;
}

function Group({ group, fresh }) {
  const hours = group.is_open ? t("board.isOpen") : group.opens_at ? t("board.opensAt", { time: dayAndTime(group.opens_at) }) : t("board.isClosed");
  return html`<tr>
    <th scope="row"><button type="button" class="board-name" onClick=${() => showOnly({ group: group.id }, group.name)}><${Icon} name="users" size=${16} /> ${group.name}</button></th>
    <td>${group.new > 0 ? html`<${Badge} tone="new">${number(group.new)}<//>` : "0"}</td>
    <td>${waitOf(longest(fresh)) ?? "–"}</td>
    <td>${t("board.carries", { load: group.online, capacity: group.members })}</td>
    <td>${number(group.load)}</td>
    <td>${group.free > 0 ? number(group.free) : html`<${Badge} tone=${group.new > 0 ? "danger" : "plain"}>0<//>`}</td>
    <td>${hours}</td>
  </tr>`;
}

const RANK = { online: 0, away: 1, offline: 2 };

function People({ late }) {
  const heads = ["operator", "presence", "load", "waitingChats", "longestWait"];
  const rows = operators.value.filter(({ load }) => load !== null).sort((a, b) => RANK[a.presence] - RANK[b.presence] || b.load / b.capacity - a.load / a.capacity);
  return html`<section class="board-part" aria-labelledby="board-people">
    <h2 id="board-people">${t("board.people")}</h2>
    <div class="board-scroll"><table class="board-table">
      <thead><tr>${heads.map((head) => html`<th scope="col">${t(`board.${head}`)}</th>`)}</tr></thead>
      <tbody>${rows.map((one) => html`<${Operator} key=${one.id} one=${one} late=${late.filter((chat) => chat.operator?.id === one.id)} />`)}</tbody>
    </table></div>
  </section>`;
}

function Operator({ one, late }) {
  const tone = one.load >= one.capacity ? "danger" : one.load >= 0.8 * one.capacity ? "warn" : "open";
  return html`<tr class=${one.presence === "offline" ? "board-away" : undefined}>
    <th scope="row"><button type="button" class="board-name" data-tip=${t("board.showChats", { name: one.name })} onClick=${() => showOnly({ operator: one.id }, one.name)}>
      <${Avatar} name=${one.name} size="s" presence=${one.presence} /> ${one.name}</button></th>
    <td>${t(`presence.${one.presence}`)}</td>
    <td><span class=${`board-load tone-${tone}`}><meter min="0" max=${Math.max(1, one.capacity)} value=${Math.min(one.load, one.capacity)} aria-label=${t("board.load")} /> ${t("board.carries", one)}</span></td>
    <td>${late.length ? html`<${Badge} tone="waiting">${number(late.length)}<//>` : "0"}</td>
    <td>${waitOf(longest(late)) ?? "–"}</td>
  </tr>`;
}
