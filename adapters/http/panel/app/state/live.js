/** Views of the live feed as signals, and how the connection is. */
import { effect, signal } from "@preact/signals";
import { Rows } from "recado";
import { me, stillHere } from "./session.js";
import { Tabs } from "./tabs.js";

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
  /** Changes with the rows. */
  turn = signal(0);
  isLoaded = signal(false);
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

  release() {
    this.watchers -= 1;
    // Not at once: the next thing drawn often wants the same.
    setTimeout(() => {
      if (this.watchers > 0 || views.get(this.view.id) !== this) return;
      views.delete(this.view.id);
      tell();
    }, 5_000);
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
    tabs?.want(new Map([...views.values()].map(({ view }) => [view.id, view])));
  });
}

function hear(frame) {
  const watched = frame.view && views.get(frame.view);
  if (frame.type === "state") become(frame.state);
  else if (frame.type === "up_to_date") upToDateAt.value = Date.now();
  else if (frame.type === "ephemeral") for (const one of hearers) one(frame);
  else if (frame.type === "gone" && watched) watched.isGone.value = true;
  else if (watched?.rows.apply(frame)) {
    if (frame.type === "snapshot") watched.isLoaded.value = true;
    watched.turn.value += 1;
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
    watched.isGone.value = false;
  }
  connection.value = { state: "connecting", since: Date.now() };
  if (id) tell();
});

window.addEventListener("online", hurry);
