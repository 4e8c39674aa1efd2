/** Where other programs hear of what happens: addresses, kinds of events, attempts, beginning again. */
import { html, signal, useEffect, useState } from "../../html.js";
import { number, t, wholeTime } from "../../i18n.js";
import { attempt, Badge, Button, confirmed, Dialog, Empty, Skeleton, toast } from "../../kit/index.js";
import { recado } from "../../state/session.js";
import { EventKinds } from "./event_kinds.js";
import { Form } from "./form.js";
import { tellOnce } from "./once.js";
import { Records } from "./records.js";

const EVERYTHING = "*";
/** What is open besides the list: `{what: "deliveries"|"replay", item, done}`. */
const opened = signal(null);
const kinds = signal([]);
const path = (item, more) => `/v1/webhooks/${encodeURIComponent(item.id)}${more}`;

const tellSecret = (name, secret) => tellOnce({ title: t("hooks.secretOf", { name }), values: [{ label: t("hooks.secret"), value: secret }] });

async function test(item) {
  const tried = await attempt(() => recado.ask("POST", path(item, "/test")));
  if (!tried) return;
  const isGood = tried.status >= 200 && tried.status < 300;
  const values = { status: tried.status ?? "", error: tried.error ?? "", ms: number(tried.milliseconds) };
  toast(t(isGood ? "hooks.testGood" : tried.status ? "hooks.testRefused" : "hooks.testFailed", values), { tone: isGood ? "good" : "warn", lasts: 10_000 });
}

async function newSecret(item) {
  const yes = await confirmed({ title: t("hooks.newSecretSure", { name: item.name }), text: t("hooks.newSecretText"), yes: t("hooks.newSecret") });
  const answer = yes && (await attempt(() => recado.act("POST", path(item, "/secret"))));
  if (answer) tellSecret(item.name, answer.secret);
}

async function enable(item, enabled, done) {
  const receipt = await attempt(() => recado.act("PATCH", path(item, ""), { enabled }));
  if (receipt) await done(receipt);
}

const more = (item, done) => [
  { id: "test", icon: "zap", label: t("hooks.test"), run: () => test(item) },
  { id: "deliveries", icon: "scroll-text", label: t("hooks.deliveries"), run: () => (opened.value = { what: "deliveries", item }) },
  { id: "replay", icon: "history", label: t("hooks.replay"), run: () => (opened.value = { what: "replay", item, done }) },
  { id: "secret", icon: "key-round", label: t("hooks.newSecret"), run: () => newSecret(item) },
  null,
  item.enabled
    ? { id: "off", icon: "pause", label: t("hooks.disable"), run: () => enable(item, false, done) }
    : { id: "on", icon: "play", label: t("hooks.enable"), run: () => enable(item, true, done) },
];

function State({ item }) {
  if (!item.enabled) return html`<${Badge} tone=${item.disabled === "by_hand" ? "plain" : "danger"} icon="pause">${t(`hooks.off.${item.disabled}`)}<//>`;
  if (item.waiting > 0) return html`<${Badge} tone="warn" icon="hourglass">${t("hooks.waiting", { n: item.waiting })}<//>`;
  return html`<${Badge} tone="waiting" icon="circle-check">${t("hooks.works")}<//>`;
}

const WHAT = {
  path: "/v1/webhooks",
  one: "hooks.one",
  icon: "webhook",
  heard: (answer) => (kinds.value = answer.kinds.filter((kind) => kind !== EVERYTHING)),
  columns: [
    { label: "hooks.name", cell: (item) => html`<span class="admin-person"><span><span>${item.name}</span><small class="one-line">${item.url}</small></span></span>` },
    { label: "hooks.kinds", cell: (item) => (item.kinds.includes(EVERYTHING) ? t("hooks.everything") : t("hooks.someKinds", { n: item.kinds.length })) },
    { label: "hooks.state", cell: (item) => html`<${State} item=${item} />` },
    { label: "hooks.position", cell: (item) => number(item.position) },
  ],
  fields: () => [
    { name: "name", label: "hooks.name", required: true, more: { maxlength: 200 } },
    { name: "url", label: "hooks.url", kind: "url", help: "hooks.urlHelp", required: true },
    { name: "kinds", label: "hooks.kinds", component: (given) => html`<${EventKinds} ...${given} all=${kinds.value} everything=${EVERYTHING} />` },
  ],
  values: (item) => (item ? { name: item.name, url: item.url, kinds: item.kinds } : { name: "", url: "", kinds: [EVERYTHING] }),
  body: ({ name, url, kinds: wanted }) => ({ name, url, kinds: wanted }),
  made: ({ secret }, { name }) => secret && tellSecret(name, secret),
  more,
};

export function Webhooks() {
  const close = () => (opened.value = null);
  const { what, item, done } = opened.value ?? {};
  return html`<${Records} of=${WHAT} />
    <p class="soft">${t("hooks.note")}</p>
    ${what === "deliveries" && html`<${Deliveries} item=${item} onClose=${close} />`}
    ${what === "replay" && html`<${Replay} item=${item} onClose=${close} done=${done} />`}`;
}

function Replay({ item, onClose, done }) {
  const fields = [{ name: "after", label: "hooks.after", kind: "number", help: "hooks.afterHelp", required: true, more: { min: 0, max: item.position, autofocus: true } }];
  const save = async ({ after }) => {
    const receipt = await recado.act("POST", path(item, "/replay"), { after });
    toast(t("hooks.replayed", { after: number(after) }), { tone: "good" });
    onClose();
    await done(receipt);
  };
  return html`<${Dialog} size="s" title=${t("hooks.replayOf", { name: item.name })} onClose=${onClose}>
    <${Form} fields=${fields} values=${{ after: item.position }} save=${save} icon="history" label=${t("hooks.replay")}><${Button} label=${t("kit.cancel")} onClick=${onClose} /><//>
  <//>`;
}

function Deliveries({ item, onClose }) {
  const [rows, setRows] = useState(null);
  const [cursor, setCursor] = useState(null);
  const read = (from) => attempt(async () => {
    const page = await recado.get(path(item, "/deliveries"), { cursor: from });
    setRows((before) => [...(from ? before : []), ...page.items]);
    setCursor(page.next_cursor);
  });
  useEffect(() => void read(null), []);
  return html`<${Dialog} size="l" title=${t("hooks.deliveriesOf", { name: item.name })} onClose=${onClose}>
    ${rows === null ? html`<${Skeleton} rows=${4} height=${40} />` : rows.length === 0 ? html`<${Empty} icon="scroll-text" title=${t("hooks.noDeliveries")} />` : html`
      <div class="board-scroll" tabindex="0"><table class="board-table">
        <thead><tr>${["at", "kind", "outcome", "tries", "next"].map((name) => html`<th scope="col">${t(`hooks.${name}`)}</th>`)}</tr></thead>
        <tbody>${rows.map((one) => html`<tr key=${one.n}>
          <td>${wholeTime(one.at)}</td><th scope="row"><code>${one.kind}</code></th>
          <td><${Outcome} of=${one} /></td><td>${number(one.tries)}</td><td>${one.next_at ? wholeTime(one.next_at) : "–"}</td>
        </tr>`)}</tbody>
      </table></div>
      ${cursor && html`<div class="admin-older"><${Button} label=${t("admin.older")} onClick=${() => read(cursor)} /></div>`}`}
  <//>`;
}

function Outcome({ of: { status, error, milliseconds } }) {
  const isGood = status >= 200 && status < 300;
  return html`<${Badge} tone=${isGood ? "waiting" : "danger"} icon=${isGood ? "circle-check" : "circle-alert"}>${status ?? error ?? "–"}<//> <small>${number(milliseconds)} ms</small>`;
}
