// The visitor's side of the web chat: one token, one stream, one queue of what is to be sent.
import { language, words } from "./words.js";

const account = document.documentElement.dataset.account;
const base = `/widget/${encodeURIComponent(account)}`;
const given = new URLSearchParams(location.hash.slice(1)); // from the site: never sent in an address
const shelf = `recado:${account}:${given.get("user") ?? ""}`;
const at = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const shown = new Map(); // id -> message
const queue = []; // what is still to be said, oldest first
const heard = new Set(), seen = new Set(); // ids already told of
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const LINKS_LIVE = 30 * 60 * 1000; // half an hour; then the talk is told anew, with new links to its files
let visitor = null, token = remember(), last = null, isSending = false, toldAnew = 0;

function remember(value) {
  try {
    if (value === undefined) return localStorage.getItem(shelf);
    localStorage.setItem(shelf, value);
  } catch { /* a browser that keeps nothing: this page's life is the session */ }
  return value ?? null;
}

const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
const headers = () => ({ "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) });

async function open() {
  const who = given.get("user") ? { user: given.get("user"), hash: given.get("hash") } : {};
  const answer = await fetch(`${base}/session`, { method: "POST", headers: headers(), body: JSON.stringify(who) });
  if (answer.status === 403) throw Object.assign(new Error(words.refused), { isFinal: true });
  if (!answer.ok) throw new Error(words.waiting);
  ({ visitor, token } = await answer.json());
  remember(token);
}

async function say(what) {
  const body = JSON.stringify({ visitor, ...what });
  return fetch(`/channels/${encodeURIComponent(account)}/webhook`, { method: "POST", headers: headers(), body });
}

async function work() {
  if (isSending) return;
  isSending = true;
  while (queue.length) {
    const answer = await say(queue[0]).catch(() => null);
    if (answer?.ok || answer?.status === 400 || answer?.status === 413) queue.shift();
    else if (answer?.status === 401 || answer?.status === 403) await open().catch(() => pause(3000));
    else {
      state(answer?.status === 429 ? words.slow : words.waiting);
      await pause(1000 * (Number(answer?.headers.get("Retry-After")) || 2));
    }
  }
  isSending = false;
}

function write(what) {
  const message = { client_msg_id: newId(), page: { url: document.referrer || location.origin }, ...what };
  queue.push(message);
  show({ id: message.client_msg_id, from: "visitor", text: what.text ?? what.title, parts: [], at: new Date().toISOString(), isPending: true });
  work();
}

async function attach() {
  const [file] = at("file").files;
  at("file").value = "";
  if (!file) return;
  const type = file.type || "application/octet-stream";
  const answer = await fetch(`${base}/files?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { ...headers(), "Content-Type": type }, body: file }).catch(() => null);
  if (!answer?.ok) { state(words.notTaken); return; }
  write({ type: "file", title: file.name, ...await answer.json() });
}

function acknowledge() {
  const team = [...shown.values()].filter((message) => message.from === "team").map((message) => message.id);
  const tell = (type, told) => {
    const ids = team.filter((id) => !told.has(id)).slice(0, 100);
    ids.forEach((id) => told.add(id));
    if (ids.length) { queue.push({ type, ids }); work(); }
  };
  tell("delivered", heard);
  if (document.visibilityState === "visible" && document.hasFocus()) tell("read", seen);
}

async function listen() {
  if (Date.now() - toldAnew > LINKS_LIVE) { last = null; toldAnew = Date.now(); }
  const answer = await fetch(`${base}/stream`, { headers: { ...headers(), ...(last && { "Last-Event-ID": last }) }, cache: "no-store" });
  if (answer.status === 401) await open();
  if (!answer.ok) throw new Error(words.waiting);
  state(words.connected);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const blocks = (rest + read.value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(take);
  }
}

function take(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  if (fields.event !== "message") return;
  last = fields.id;
  show(JSON.parse(fields.data));
  acknowledge();
}

const make = (tag, text, className) => Object.assign(document.createElement(tag), { textContent: text, className: className ?? "" });

function show(message) {
  shown.set(message.id, message);
  const list = at("messages");
  const item = list.querySelector(`[data-id="${CSS.escape(message.id)}"]`) ?? make("li", "");
  const files = message.deleted ? [] : message.parts.filter((part) => part.kind === "media");
  const said = wordsOf(message, files);
  item.replaceChildren(make("span", message.from === "team" ? words.team : words.you, "who"), ...(said ? [make("p", said)] : []), ...files.map(fileOf));
  item.dataset.id = message.id;
  item.className = message.from;
  item.dataset.at = message.at;
  const offer = message.parts.find((part) => part.kind === "offer");
  for (const { id, title } of offer?.options ?? []) {
    const button = make("button", title, "option");
    button.type = "button";
    button.onclick = () => write({ type: "choice", id, title, reply_to: message.id });
    item.append(button);
  }
  const time = make("time", message.isPending ? words.sending : new Date(message.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = message.at;
  item.append(time);
  const later = [...list.children].find((other) => other !== item && other.dataset.at > message.at);
  if (item.parentNode !== list || item.nextElementSibling !== (later ?? null)) list.insertBefore(item, later ?? null);
  list.scrollTop = list.scrollHeight;
}

function wordsOf(message, files) {
  if (message.deleted) return words.deleted;
  return message.text || (files.length ? "" : words.unknown);
}

function fileOf({ mime, name, size, link }) {
  const called = name ?? words.file;
  if (!link) return make("p", called);
  const file = Object.assign(make("a", "", "file"), { href: link, target: "_blank", rel: "noopener" });
  if (PICTURES.includes(mime)) file.append(Object.assign(make("img", ""), { src: link, alt: called, loading: "lazy" }));
  else file.textContent = size === undefined ? called : `${called} (${sizeOf(size)})`;
  return file;
}

function sizeOf(bytes) {
  const power = bytes < 1e6 ? (bytes < 1e3 ? 0 : 1) : 2;
  const unit = ["byte", "kilobyte", "megabyte"][power];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(bytes / 1000 ** power);
}

function state(text) { at("state").textContent = text; }

function dress() {
  at("send").textContent = words.send;
  at("text").placeholder = document.querySelector("label[for=text]").textContent = words.write;
  at("messages").setAttribute("aria-label", words.messages);
  at("close").setAttribute("aria-label", words.close);
  at("close").hidden = window.parent === window;
  const close = () => window.parent.postMessage({ recado: "close" }, "*");
  at("close").onclick = close;
  addEventListener("keydown", (event) => event.key === "Escape" && window.parent !== window && close());
  document.querySelector("#attach .unseen").textContent = words.attach;
  at("file").onchange = attach;
  at("compose").onsubmit = (event) => {
    event.preventDefault();
    const text = at("text").value.trim();
    if (text) write({ type: "text", text });
    at("text").value = "";
    at("text").focus();
  };
  at("text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); at("compose").requestSubmit(); }
  };
  addEventListener("focus", acknowledge);
  document.addEventListener("visibilitychange", acknowledge);
}

dress();
state(words.connecting);
for (let wait = 1000; ; wait = Math.min(2 * wait, 30000)) {
  try {
    if (!visitor) await open();
    work();
    await listen();
    wait = 1000;
  } catch (error) {
    state(error.isFinal ? error.message : words.waiting);
    if (error.isFinal) break;
  }
  await pause(wait * (0.5 + Math.random() / 2));
}
