// The smallest panel: everything here goes through the public API and the live feed.
const LISTS = [
  ["new", "Novas mensagens", {}],
  ["waiting", "Esperando", { operator: "me" }],
  ["open", "Abertos", { operator: "me" }],
  ["unread", "Não lidas", { operator: "me" }],
];
const at = (id) => document.getElementById(id);
const rows = new Map(); // view -> key -> value
let people = [], groups = [], chosen = null, feed = null;

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() } : {},
    body: body && JSON.stringify(body),
  });
  if (answer.status === 204) return null;
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.title), said);
  return said;
}

function make(tag, text, ...classes) {
  const node = document.createElement(tag);
  node.textContent = text;
  node.classList.add(...classes);
  return node;
}

async function attempt(act) {
  try {
    at("notice").hidden = true;
    return await act();
  } catch (error) {
    at("notice").textContent = error.message;
    at("notice").hidden = false;
    if (error.code === "not_authenticated") askToSignIn();
  }
}

function askToSignIn() {
  feed?.close();
  at("panel").hidden = at("leave").hidden = at("presence").hidden = true;
  at("login").hidden = false;
}

// One feed for all views; the browser reconnects by itself and sends Last-Event-ID.
async function listen() {
  feed?.close();
  const views = LISTS.map(([id, , params]) => ({ id, projection: "chats", params: { section: id, ...params } }));
  views.push({ id: "people", projection: "operators" });
  if (chosen) views.push({ id: "messages", projection: "messages", params: { chat: chosen.id } });
  const { id } = await call("POST", "/v1/subscriptions", { views });
  feed = new EventSource(`/v1/subscriptions/${id}/stream`);
  const on = (name, take) => feed.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on("snapshot", ({ view, items }) => rows.set(view, new Map(items.map((item) => [keyOf(item), item]))));
  on("delta", ({ view, ops }) => {
    const held = rows.get(view) ?? rows.set(view, new Map()).get(view);
    for (const { op, key, value } of ops) op === "upsert" ? held.set(key, value) : held.delete(key);
  });
  on("must_refetch", ({ view }) => rows.delete(view));
  on("up_to_date", show);
  on("bye", ({ reason }) => reason === "signed_out" && askToSignIn());
  feed.onopen = () => { at("state").textContent = "ao vivo"; };
  feed.onerror = () => { at("state").textContent = "reconectando…"; };
}

const keyOf = (item) => String(item.seq ?? item.id);
const when = (time) => new Date(time).toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit" });
const held = (view) => [...(rows.get(view)?.values() ?? [])];

function inOrder(section, chats) {
  const byClock = section === "new" || section === "waiting";
  const time = (chat) => Date.parse(byClock ? chat.waiting_since ?? "9999" : chat.last_activity_at);
  return chats.sort((a, b) => (byClock ? time(a) - time(b) : time(b) - time(a)));
}

function show() {
  people = held("people");
  at("lists").replaceChildren(...LISTS.map(([section, label]) => {
    const chats = inOrder(section, held(section));
    const part = make("section", "", section);
    const list = document.createElement("ul");
    list.append(...chats.map(line));
    part.append(make("h3", `${label} (${chats.length})`), list);
    return part;
  }));
  if (chosen) showChat();
}

function line(chat) {
  const item = document.createElement("li");
  const button = make("button", chat.client.name ?? "Sem nome");
  button.setAttribute("aria-current", chat.id === chosen?.id);
  if (chat.unread) button.append(make("span", chat.unread, "badge"));
  const last = chat.last_message;
  button.append(make("small", last ? `${when(last.at)} · ${last.text}` : ""));
  if (chat.transfer) button.append(make("small", `transferido por ${chat.transfer.by?.name ?? "—"}: ${chat.transfer.comment ?? ""}`));
  button.onclick = () => attempt(() => open(chat));
  item.append(button);
  return item;
}

async function open(chat) {
  chosen = chat;
  groups = (await call("GET", "/v1/groups")).items;
  await listen();
}

function showChat() {
  at("chat").hidden = false;
  chosen = LISTS.flatMap(([section]) => held(section)).find((chat) => chat.id === chosen.id) ?? chosen;
  at("title").textContent = `${chosen.client.name ?? "Sem nome"} · ${chosen.operator?.name ?? "ninguém"}`;
  at("pull").hidden = chosen.operator !== null;
  const said = held("messages").sort((a, b) => a.sent_at.localeCompare(b.sent_at) || a.seq - b.seq);
  at("messages").replaceChildren(...said.map((message) => {
    const node = make("li", message.text || `(${message.kind})`, message.direction);
    const mark = message.direction === "internal" ? "interno" : message.state ?? "";
    node.append(make("small", `${when(message.at)} ${mark}`));
    return node;
  }));
  at("messages").scrollTop = at("messages").scrollHeight;
  const last = Math.max(0, ...said.map((message) => message.seq));
  if (chosen.unread && last && document.hasFocus()) act("read", { up_to: last });
  showTargets();
}

function showTargets() {
  const to = at("transfer").elements.to;
  const kept = to.value;
  to.replaceChildren(...groups.map((group) => new Option(`${group.name} (${group.online} disponíveis)`, `group ${group.id}`)),
    ...people.filter((one) => one.active).map((one) => new Option(`${one.name} · ${one.presence} (${one.load}/${one.capacity})`, `operator ${one.id}`)));
  if (kept) to.value = kept;
}

const act = (name, body = {}) => attempt(() => call("POST", `/v1/chats/${chosen.id}/${name}`, body));

function onSubmit(id, take) {
  at(id).onsubmit = async (event) => {
    event.preventDefault();
    const form = event.target;
    if (await take(Object.fromEntries(new FormData(form)))) form.reset();
  };
}

onSubmit("login", (given) => attempt(async () => {
  await call("POST", "/v1/session", given);
  await start();
  return true;
}));
onSubmit("answer", ({ text }) => act("messages", { text }));
onSubmit("transfer", ({ to, comment }) => {
  const [kind, id] = to.split(" ");
  return act("transfer", { [kind]: id, comment: comment || null });
});
at("pull").onclick = () => act("assign", { operator: "me" });
at("close").onclick = () => act("close");
at("presence").onchange = () => attempt(() => call("PUT", "/v1/me/presence", { status: at("presence").value }));
at("leave").onclick = () => attempt(async () => {
  await call("DELETE", "/v1/session");
  location.reload();
});

async function start() {
  const me = await call("GET", "/v1/me");
  at("who").textContent = me.name;
  at("presence").value = me.presence;
  at("login").hidden = true;
  at("panel").hidden = at("leave").hidden = at("presence").hidden = false;
  await listen();
}

start().catch(askToSignIn);
