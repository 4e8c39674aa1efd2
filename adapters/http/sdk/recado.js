/**
 * Recado from a browser or from Node: sign in, read lists, act, and hear what changes.
 *
 * One file, no dependencies. The operators' panel is built on it and on nothing else, so
 * that whatever the panel can do, your own page can.
 *
 *     const recado = new Recado({ url: "https://recado.example", token: "rcd_…" });
 *     const { items } = await recado.chats({ section: "waiting" });
 *     await recado.send(items[0].id, { text: "Bom dia!" });
 *     const live = recado.subscribe([{ id: "new", projection: "chats", params: { section: "new" } }],
 *       (frame) => rows.apply(frame));
 *
 * @typedef {{id: string, projection: "chats"|"counts"|"messages"|"operators", params?: object}} View
 * @typedef {{op: "upsert"|"remove", key: string, rev: number, value?: any}} Op
 * @typedef {{type: "snapshot", view: string, position: number, items: any[], next_cursor: string|null}
 *   | {type: "delta", view: string, position: number, prev: number, ops: Op[]}
 *   | {type: "up_to_date", position: number}
 *   | {type: "must_refetch", view: string, reason: string}
 *   | {type: "ephemeral", [name: string]: any}
 *   | {type: "gone", view: string}
 *   | {type: "bye", reason: string, retry_ms: number}
 *   | {type: "state", state: "connecting"|"live"|"lost"|"signed_out"|"closed"}} Frame
 * @typedef {{position: number, version: number, seq?: number, [name: string]: any}} Receipt
 * @typedef {{key?: string, ifMatch?: string|number, patience?: number, signal?: AbortSignal}} How
 */

/** What the service refused, or could not do. `code` is stable, `title` is for people. */
export class Problem extends Error {
  /** @param {number} status 0 where no answer came @param {any} body */
  constructor(status, body) {
    super(body.title ?? body.code ?? "no answer");
    this.status = status;
    this.code = body.code ?? "unreachable";
    /** Everything that the answer told: `version`, `operator_id`, `errors`, … */
    this.facts = body;
    /** Id of the request in the service's log. @type {string|null} */
    this.requestId = null;
    /** Seconds after which another attempt makes sense. @type {number|null} */
    this.retryAfter = null;
  }

  /** Whether the same request may succeed later, just as it is. */
  get isPassing() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** A new name for an act: the same act asked for twice under one name is done once. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

const QUIET_TOO_LONG = 45_000; // Milliseconds; the service gives a sign of life every 15 s.
const SLOWEST_RETRY = 10_000;
const SLOWEST_AT_FIRST = 1_500; // Most outages are short: whoever looks at a page wants it back at once.
const AT_FIRST = 60_000;

export class Recado {
  /** @param {{url?: string, token?: string|null, language?: string|null}} [options] */
  constructor({ url = "", token = null, language = null } = {}) {
    this.url = url.replace(/\/$/, "");
    this.token = token;
    this.language = language;
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────

  /** Read; `params` that are null or undefined are left out. @returns {Promise<any>} */
  get(path, params = {}, { signal } = {}) {
    const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.#ask("GET", query ? `${path}?${query}` : path, undefined, {}, signal);
  }

  /** Ask once, without a name for the request. @returns {Promise<any>} */
  ask(method, path, body, { ifMatch, signal } = {}) {
    return this.#ask(method, path, body, matching(ifMatch), signal);
  }

  /**
   * Act, once however often it takes: while no answer comes, the same act is asked for again
   * under the same name, for `patience` milliseconds (default: a minute).
   * @param {string} method @param {string} path @param {any} [body] @param {How} [how]
   * @returns {Promise<any>}
   */
  async act(method, path, body = {}, { key = newKey(), ifMatch, patience = 60_000, signal } = {}) {
    const giveUp = Date.now() + patience;
    const headers = { "Idempotency-Key": key, ...matching(ifMatch) };
    for (let pause = 250; ; pause = Math.min(2 * pause, 4_000)) {
      try {
        return await this.#ask(method, path, body, headers, signal);
      } catch (problem) {
        const wait = (problem.retryAfter ?? 0) * 1_000 || pause;
        const mayPass = problem instanceof Problem && problem.isPassing;
        if (!mayPass || signal?.aborted || Date.now() + wait > giveUp) throw problem;
        await sleep(wait * (0.75 + Math.random() / 2), signal);
      }
    }
  }

  async #ask(method, path, body, headers, signal) {
    const sent = { ...this.#headers(), ...headers };
    if (body !== undefined) sent["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.url + path, {
        method, headers: sent, signal, credentials: "same-origin",
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0, { code: "unreachable", title: String(error.message ?? error) });
    }
    return await readAnswer(answer);
  }

  #headers() {
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (this.language) headers["Accept-Language"] = this.language;
    return headers;
  }

  // ── who one is ──────────────────────────────────────────────────────────────────────────

  signIn(email, password, more = {}) {
    return this.ask("POST", "/v1/session", { email, password, ...more });
  }

  /** How one can sign in: `{password, oidc: {name, start} | null}`; `start` is a page to go to. */
  ways() {
    return this.get("/v1/session/ways");
  }

  signOut() {
    return this.ask("DELETE", "/v1/session");
  }

  me() {
    return this.get("/v1/me");
  }

  /** @param {"online"|"away"|"offline"} status @param {string|null} [reason] */
  setPresence(status, reason = null) {
    return this.act("PUT", "/v1/me/presence", reason ? { status, reason } : { status });
  }

  // ── chats ───────────────────────────────────────────────────────────────────────────────

  /** One page of a list: `{items, next_cursor, position}`. */
  chats(params = {}, how) {
    return this.get("/v1/chats", params, how);
  }

  counts(params = {}) {
    return this.get("/v1/counts", params);
  }

  chat(id, params = {}, how) {
    return this.get(`/v1/chats/${enc(id)}`, params, how);
  }

  messages(id, params = {}, how) {
    return this.get(`/v1/chats/${enc(id)}/messages`, params, how);
  }

  /** All messages of a chat, page by page: `{items, position, reply_until}`. */
  async allMessages(id, how) {
    let page = await this.messages(id, {}, how);
    const { items, position } = page;
    while (page.next_cursor) {
      page = await this.messages(id, { cursor: page.next_cursor }, how);
      items.push(...page.items);
    }
    return { ...page, items, position };
  }

  /** Any act on a chat: `act(id, "transfer", {group, comment})`. @param {How} [how] */
  on(id, act, body = {}, how = {}) {
    return this.act("POST", `/v1/chats/${enc(id)}/${act}`, body, how);
  }

  /** @param {{text?: string, attachments?: string[], template?: object, reply_to?: number}} message */
  send(id, message, how) {
    return this.on(id, "messages", message, how);
  }

  comment(id, text, mentions = [], how) {
    return this.on(id, "comments", { text, mentions }, how);
  }

  pull(id, how) {
    return this.on(id, "assign", { operator: "me" }, how);
  }

  /** @param {{operator?: string, group?: string, comment?: string|null, force?: boolean}} target */
  transfer(id, target, how) {
    return this.on(id, "transfer", target, how);
  }

  retry(id, seq, how) {
    return this.on(id, `messages/${seq}/retry`, {}, how);
  }

  // ── files ───────────────────────────────────────────────────────────────────────────────

  /**
   * Hand a file over; the `id` that comes back goes into a message's `attachments`.
   * @param {File|Blob} file @param {{name?: string, onProgress?: (share: number) => void, signal?: AbortSignal}} [how]
   */
  upload(file, { name = file.name ?? "file", onProgress, signal } = {}) {
    // The only way by which a browser tells how much of a body has left.
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      request.open("POST", `${this.url}/v1/attachments?name=${enc(name)}`);
      for (const [header, value] of Object.entries(this.#headers())) request.setRequestHeader(header, value);
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
      request.onload = () => {
        const body = parsed(request.responseText);
        request.status < 300 ? resolve(body) : reject(new Problem(request.status, body));
      };
      request.onerror = () => reject(new Problem(0, { code: "unreachable" }));
      request.onabort = () => reject(new Problem(0, { code: "aborted" }));
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file);
    });
  }

  /** Where a file is, for an `img`, an `audio` or a link; the session must be by cookie. */
  fileUrl(sha256, { thumbnail = false } = {}) {
    return `${this.url}/v1/attachments/${enc(sha256)}${thumbnail ? "?thumbnail=1" : ""}`;
  }

  // ── what changes ────────────────────────────────────────────────────────────────────────

  /** Tell those who look at the same chat: `viewing`, `typing` or `gone`. Kept nowhere. */
  tellPresence(id, state, mode = "reply") {
    return this.ask("POST", `/v1/chats/${enc(id)}/presence`, { state, mode });
  }

  /**
   * Hear snapshots and changes of views until `close()`; it reconnects and resumes by itself.
   * @param {View[]} views @param {(frame: Frame) => void} hear
   */
  subscribe(views, hear) {
    return new Live(this, views, hear, () => this.#headers());
  }
}

/** A subscription that stays alive. */
export class Live {
  #recado;
  #hear;
  #headers;
  #views;
  #turn = new AbortController();
  /** The subscription that `place` was reached with. @type {string|null} */
  #before = null;
  /** The one that is listened to now. @type {string|null} */
  #next = null;
  #closed = false;
  #pause = 0;
  #lostAt = 0;

  /** @param {Recado} recado @param {View[]} views @param {(frame: Frame) => void} hear */
  constructor(recado, views, hear, headers) {
    this.#recado = recado;
    this.#views = views;
    this.#hear = hear;
    this.#headers = headers;
    /** Where to go on from. @type {string|null} */
    this.place = null;
    this.state = "connecting";
    this.#run();
  }

  get views() {
    return this.#views;
  }

  /** Look at other views from now on. Those that stay go on without being sent again. */
  change(views) {
    this.#views = views;
    this.#again();
  }

  /** Try at once, instead of when the pause is over. */
  hurry() {
    if (this.state !== "live") this.#again();
  }

  close() {
    this.#closed = true;
    this.#turn.abort();
    this.#become("closed");
  }

  #again() {
    this.#pause = 0;
    this.#turn.abort();
  }

  #become(state) {
    if (this.state === state) return;
    if (state === "lost") this.#lostAt = Date.now();
    this.state = state;
    this.#hear({ type: "state", state });
  }

  async #run() {
    while (!this.#closed) {
      this.#turn = new AbortController();
      const { signal } = this.#turn;
      try {
        await this.#listen(signal);
      } catch (problem) {
        if (signal.aborted) continue;
        if (problem.status === 401) return this.#become("signed_out");
        if (problem.status === 404 && (await this.#dropGone())) continue;
      }
      if (this.#closed || signal.aborted) continue;
      this.#become("lost");
      // With jitter, so that after a restart not everybody is back in the same instant.
      await sleep(this.#pause * (0.5 + Math.random()), signal);
      const slowest = Date.now() - this.#lostAt < AT_FIRST ? SLOWEST_AT_FIRST : SLOWEST_RETRY;
      this.#pause = Math.min(Math.max(2 * this.#pause, 500), slowest);
    }
  }

  async #listen(signal) {
    const { id } = await this.#recado.ask("POST", "/v1/subscriptions", { views: this.#views }, { signal });
    const on = this.place ? `?from=${enc(this.place)}&after=${enc(this.#before ?? id)}` : "";
    const path = `${this.#recado.url}/v1/subscriptions/${enc(id)}/stream${on}`;
    const headers = { ...this.#headers(), Accept: "text/event-stream" };
    const answer = await fetch(path, { headers, signal, credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || !answer.body) await readAnswer(answer);
    this.#next = id;
    this.#become("live");
    await this.#hearAll(answer.body.getReader(), signal);
  }

  async #hearAll(reader, signal) {
    const decoder = new TextDecoder();
    let rest = "";
    let watch = 0;
    const silent = () => reader.cancel().catch(() => {});
    try {
      for (;;) {
        clearTimeout(watch);
        watch = setTimeout(silent, QUIET_TOO_LONG);
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) this.#take(part);
      }
    } finally {
      clearTimeout(watch);
    }
  }

  #take(text) {
    const frame = eventOf(text);
    if (!frame) return;
    this.#pause = 0;
    if (frame.event === "bye" && frame.data.reason === "signed_out") this.#become("signed_out");
    this.#hear({ ...frame.data, type: frame.event });
    if (frame.id) {
      this.place = frame.id;
      this.#before = this.#next;
    }
  }

  /** Leave out the messages of chats that are to be seen no more. */
  async #dropGone() {
    const gone = [];
    for (const view of this.#views.filter(({ projection }) => projection === "messages")) {
      try {
        await this.#recado.chat(view.params.chat);
      } catch (problem) {
        if (problem.status === 404) gone.push(view.id);
      }
    }
    this.#views = this.#views.filter(({ id }) => !gone.includes(id));
    for (const view of gone) this.#hear({ type: "gone", view });
    return gone.length > 0;
  }
}

/** The rows of one view as its frames tell them. */
export class Rows {
  constructor() {
    /** @type {Map<string, any>} */
    this.items = new Map();
    this.revs = new Map();
    this.position = 0;
    /** Where to read on with `get`; null when all rows are here. @type {string|null} */
    this.nextCursor = null;
  }

  /** Take a frame; returns whether anything changed. @param {Frame} frame */
  apply(frame) {
    if (frame.type === "snapshot") this.#reset(frame);
    else if (frame.type === "delta") for (const op of frame.ops) this.#change(op);
    else return false;
    this.position = Math.max(this.position, frame.position);
    return true;
  }

  #reset({ items, next_cursor }) {
    const held = this.items;
    this.items = new Map();
    this.revs = new Map();
    for (const item of items) {
      const key = keyOf(item);
      const known = held.get(key);
      // The same object for the same row: whoever draws rows need not draw it again.
      this.items.set(key, known && known.position === item.position && same(known, item) ? known : item);
      this.revs.set(key, item.position ?? 0);
    }
    this.nextCursor = next_cursor;
  }

  #change({ op, key, rev, value }) {
    if ((this.revs.get(key) ?? -1) > rev) return;
    if (op === "remove") {
      this.items.delete(key);
      this.revs.delete(key);
    } else {
      this.items.set(key, value);
      this.revs.set(key, rev);
    }
  }
}

const enc = encodeURIComponent;
const keyOf = (item) => String(item.seq ?? item.id ?? "counts");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function matching(version) {
  return version === undefined || version === null ? {} : { "If-Match": `"${version}"` };
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { code: "malformed_answer" };
  }
}

async function readAnswer(answer) {
  if (answer.status === 204) return null;
  const body = parsed(await answer.text());
  if (answer.ok) return body;
  const problem = new Problem(answer.status, body);
  problem.requestId = answer.headers.get("x-request-id");
  const wait = Number(answer.headers.get("retry-after"));
  problem.retryAfter = wait > 0 ? wait : null;
  throw problem;
}

function eventOf(text) {
  let event = "message";
  let id = null;
  const data = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length ? { event, id, data: JSON.parse(data.join("\n")) } : null;
}
