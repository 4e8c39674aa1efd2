/** Views of the live feed as signals, and how the connection is. */
import { batch, effect, signal } from "@preact/signals";
import { Rows } from "recado";
import { me, stillHere } from "./session.js";
import { Tabs } from "./tabs.js";

const KEPT_FOR = 60_000; // Milliseconds that a view lives on without anybody who watches it.
const AT_THE_LATEST = 100; // Milliseconds from a change to what shows it.
const MOST_KEPT = 4; // Views without anybody: those of the last chats.

/** `{state: "connecting"|"live"|"lost"|"signed_out", since, heardAt}` */
export const connection = signal({ state: "connecting", since: Date.now() });
/** When all that is shown was last known to be up to date. */
export const upToDateAt = signal(Date.now());

const views = new Map();
const hearers = new Set();
let tabs = null;
let isTelling = false;

/** A view that is kept up to date while somebody watches it. */
class Watched {
  rows = new Rows();
  watchers = 0;
  forgetting = 0;
  /** Changes with the rows. */
  turn = signal(0);
  isLoaded = signal(false);
  /** Whether the rows are those of the feed. */
  isLive = false;
  /** Whether it is to be seen no more: the chat moved away, or the filter does not exist. */
  isGone = signal(false);

  constructor(view) {
    this.view = view;
  }

  /** The rows by key; who reads this while drawing follows them. @returns {Map<string, any>} */
  get items() {
    this.turn.value;
    return this.rows.items;
  }

  /** Show rows that were read otherwise, until the live ones are here. */
  begin({ items, position }) {
    if (this.isLoaded.peek()) return;
    this.rows.apply({ type: "snapshot", position, items, next_cursor: null });
    this.showAnew();
  }

  /** Draw rows that came all at once. */
  showAnew() {
    batch(() => {
      this.isLoaded.value = true;
      this.turn.value += 1;
    });
  }

  /** Not to be watched any more; what is drawn next, or soon, often wants the same. */
  release() {
    this.watchers -= 1;
    if (this.watchers > 0 || views.get(this.view.id) !== this) return;
    // To the end, where those are that nobody watches, the last one last.
    views.delete(this.view.id);
    views.set(this.view.id, this);
    this.forgetting = setTimeout(() => {
      views.delete(this.view.id);
      tell();
    }, KEPT_FOR);
  }
}

/** Watch a view until `release()`: `watch("chats", {section: "new"})`. @returns {Watched} */
export function watch(projection, params = {}) {
  const id = nameOf(projection, params);
  let watched = views.get(id);
  if (!watched) {
    watched = new Watched({ id, projection, params });
    views.set(id, watched);
    tell();
  }
  watched.watchers += 1;
  clearTimeout(watched.forgetting);
  return watched;
}

/** Hear what is not kept: who looks, who writes. Returns how to stop. */
export function onPassing(hear) {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

export const hurry = () => tabs?.hurry();

function tell() {
  if (isTelling) return;
  isTelling = true;
  queueMicrotask(() => {
    isTelling = false;
    const idle = [...views.values()].filter(({ watchers }) => watchers === 0);
    for (const { view, forgetting } of idle.slice(0, -MOST_KEPT)) {
      clearTimeout(forgetting);
      views.delete(view.id);
    }
    // Of too many, the first are listened to: those that somebody watches.
    const wanted = [...views.values()].sort((a, b) => Number(b.watchers > 0) - Number(a.watchers > 0));
    tabs?.want(new Map(wanted.map(({ view }) => [view.id, view])));
  });
}

const changed = new Set();
let isShowing = false;

/** Show what changed with the next picture: however much comes between two, it is drawn once. */
function show(watched) {
  changed.add(watched);
  if (isShowing) return;
  isShowing = true;
  requestAnimationFrame(showAll);
  // Nothing is drawn of a tab that is not seen, but it calls.
  setTimeout(showAll, AT_THE_LATEST);
}

function showAll() {
  if (!isShowing) return;
  isShowing = false;
  const all = [...changed];
  changed.clear();
  batch(() => {
    for (const watched of all) watched.turn.value += 1;
  });
}

function hear(frame) {
  const watched = frame.view && views.get(frame.view);
  if (frame.type === "state") become(frame.state);
  else if (frame.type === "up_to_date") upToDateAt.value = Date.now();
  else if (frame.type === "ephemeral") for (const one of hearers) one(frame);
  else if (frame.type === "gone" && watched) watched.isGone.value = true;
  else if (watched?.rows.apply(frame)) {
    if (frame.type !== "snapshot") return show(watched);
    watched.isLive = true;
    watched.showAnew();
  }
}

function become(state) {
  if (state === connection.value.state) return;
  connection.value = { state, since: Date.now() };
  if (state === "signed_out") stillHere();
}

/** Return a short name for a view, the same in every tab. */
function nameOf(projection, params) {
  const text = JSON.stringify([projection, Object.entries(params).sort()]);
  let sum = 0xcbf29ce484222325n;
  for (const char of text) sum = BigInt.asUintN(64, (sum ^ BigInt(char.codePointAt(0))) * 0x100000001b3n);
  return `${projection}.${sum.toString(36)}`;
}

effect(() => {
  const id = me.value?.id;
  tabs?.close();
  tabs = id ? new Tabs(id, hear) : null;
  for (const watched of views.values()) {
    watched.rows = new Rows();
    watched.isLoaded.value = false;
    watched.isLive = false;
    watched.isGone.value = false;
  }
  connection.value = { state: "connecting", since: Date.now() };
  if (id) tell();
});

window.addEventListener("online", hurry);
