/**
 * One stream for all tabs of a browser. The tab that holds a lock listens for all; the others say
 * what they want to see and hear what it hears. When it goes, another one gets the lock.
 */
import { Rows } from "recado";
import { recado } from "./session.js";

const CHANNEL = "recado.live";
const MOST_VIEWS = 20;
const hasTabs = "locks" in navigator && "BroadcastChannel" in window;

/** @param {(frame: any) => void} hear */
export class Tabs {
  #hear;
  #id = crypto.randomUUID?.() ?? String(Math.random());
  #channel = hasTabs ? new BroadcastChannel(CHANNEL) : null;
  #own = new Map();
  #leader = null;
  #closing = new AbortController();

  constructor(operatorId, hear) {
    this.#hear = hear;
    this.#channel?.addEventListener("message", ({ data }) => this.#onMessage(data));
    if (!hasTabs) {
      this.#lead();
      return;
    }
    const { signal } = this.#closing;
    // Held for as long as the tab lives: by it the one that leads knows whose wishes still count.
    navigator.locks.request(lockOf(this.#id), { signal }, () => untilAborted(signal)).catch(() => {});
    navigator.locks.request(`recado.leader.${operatorId}`, { signal }, () => {
      this.#lead();
      return untilAborted(signal);
    }).catch(() => {});
    window.addEventListener("visibilitychange", () => !document.hidden && this.#tell(), { signal });
  }

  /** Look at these views, by id, from now on. @param {Map<string, object>} views */
  want(views) {
    const fresh = [...views.keys()].filter((id) => !this.#own.has(id));
    this.#own = new Map(views);
    this.#tell(fresh);
  }

  /** Connect at once instead of when the pause is over. */
  hurry() {
    this.#leader ? this.#leader.hurry() : this.#post({ kind: "hurry" });
  }

  close() {
    this.#leader?.close();
    this.#closing.abort();
    this.#channel?.close();
  }

  #tell(fresh = []) {
    const wish = { kind: "want", from: this.#id, views: [...this.#own.values()], fresh };
    this.#leader ? this.#leader.onWish(wish) : this.#post(wish);
  }

  #post(message) {
    this.#channel?.postMessage(message);
  }

  #lead() {
    this.#leader = new Leader((message) => {
      if (message.to !== this.#id && this.#leader?.hasOthers(this.#id) !== false) this.#post(message);
      if (!message.to || message.to === this.#id) this.#take(message.frame);
    });
    this.#post({ kind: "who" });
    this.#tell([...this.#own.keys()]);
  }

  #onMessage(data) {
    if (this.#leader) {
      if (data.kind === "want") this.#leader.onWish(data);
      else if (data.kind === "hurry") this.#leader.hurry();
    } else if (data.kind === "frame" && (!data.to || data.to === this.#id)) this.#take(data.frame);
    else if (data.kind === "who") this.#tell();
  }

  #take(frame) {
    if (!frame.view || this.#own.has(frame.view)) this.#hear(frame);
  }
}

/** Listens for all tabs. */
class Leader {
  #say;
  #wishes = new Map();
  #rows = new Map();
  #live = null;
  #state = "connecting";
  #looked = "";

  constructor(say) {
    this.#say = (frame, to) => say({ kind: "frame", frame, to });
  }

  async onWish({ from, views, fresh }) {
    this.#wishes.delete(from);
    this.#wishes.set(from, views);
    await this.#forgetTheDead();
    this.#listen();
    this.#say({ type: "state", state: this.#state }, from);
    for (const id of fresh) {
      const rows = this.#rows.get(id);
      if (rows) this.#say(snapshotOf(id, rows), from);
    }
  }

  /** Whether any tab but this one wishes for something. */
  hasOthers(id) {
    return this.#wishes.size > Number(this.#wishes.has(id));
  }

  hurry() {
    this.#live?.hurry();
  }

  close() {
    this.#live?.close();
  }

  async #forgetTheDead() {
    if (!hasTabs) return;
    const { held } = await navigator.locks.query();
    const alive = new Set(held.map(({ name }) => name));
    for (const tab of [...this.#wishes.keys()].slice(0, -1)) if (!alive.has(lockOf(tab))) this.#wishes.delete(tab);
  }

  /** Listen to what all want; of too much, to what was wished for last. */
  #listen() {
    const all = [...this.#wishes.values()].reverse().flat();
    const views = [...new Map(all.map((view) => [view.id, view])).values()].slice(0, MOST_VIEWS);
    const looked = views.map(({ id }) => id).sort().join();
    if (looked === this.#looked || !views.length) return;
    this.#looked = looked;
    for (const id of this.#rows.keys()) if (!views.some((view) => view.id === id)) this.#rows.delete(id);
    if (this.#live) this.#live.change(views);
    else this.#live = recado.subscribe(views, (frame) => this.#hear(frame));
  }

  #hear(frame) {
    if (frame.type === "state") this.#state = frame.state;
    if (frame.type === "snapshot" || frame.type === "delta") {
      if (!this.#rows.has(frame.view)) this.#rows.set(frame.view, new Rows());
      this.#rows.get(frame.view).apply(frame);
    }
    this.#say(frame);
  }
}

function snapshotOf(view, rows) {
  return {
    type: "snapshot", view, position: rows.position, items: [...rows.items.values()], next_cursor: rows.nextCursor,
  };
}

const lockOf = (tab) => `recado.tab.${tab}`;
const untilAborted = (signal) => new Promise((_, reject) => signal.addEventListener("abort", reject, { once: true }));
