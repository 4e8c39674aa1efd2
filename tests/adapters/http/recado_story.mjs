// What a program does with the SDK: told step by step on standard output, led on by standard input.
import { createInterface } from "node:readline";
import { Problem, Recado, Rows } from "./recado.mjs";

const [url, token, chat] = process.argv.slice(2);
const tell = (what, facts = {}) => console.log(JSON.stringify({ what, ...facts }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const goOn = () => lines.next();

const inbox = { id: "inbox", projection: "chats", params: { section: "all" } };
const recado = new Recado({ url, token, language: "en" });
const rows = { inbox: new Rows(), said: new Rows() };
let heard = [];
let wake = () => {};

const live = recado.subscribe([inbox], (frame) => {
  if (frame.view && rows[frame.view]) rows[frame.view].apply(frame);
  heard.push(frame.type === "state" ? frame.state : [frame.type, frame.view].filter(Boolean).join(" "));
  wake();
});

async function until(isThere) {
  while (!isThere()) await new Promise((resolve) => (wake = resolve));
}
function told() {
  const since = heard;
  heard = [];
  return since;
}

tell("signed in", { me: await new Recado({ url }).signIn("ana@ipe.test", "correct horse battery") });
await until(() => heard.includes("up_to_date"));
tell("listening", { heard: told() });

await recado.pull(chat);
const sent = await recado.send(chat, { text: "Bom dia" });
await until(() => rows.inbox.items.get(chat)?.position >= sent.position);
const refused = await recado.send(chat, { text: "tarde" }, { ifMatch: 1 }).catch((problem) => problem);
tell("acted", {
  isProblem: refused instanceof Problem, code: refused.code, title: refused.message,
  row: rows.inbox.items.get(chat), read: await recado.chat(chat),
});

told();
tell("cut me off");
await goOn();
await until(() => rows.inbox.items.size === 2 && heard.at(-1) === "up_to_date");
tell("resumed", { heard: told() });

tell("change the rules");
await goOn();
await until(() => heard.includes("must_refetch inbox") && heard.at(-1) === "up_to_date");
const { items } = await recado.chats({ section: "all" });
tell("read anew", { heard: told(), rows: [...rows.inbox.items.keys()].sort(), list: items.map(({ id }) => id).sort() });

live.change([inbox, { id: "said", projection: "messages", params: { chat } }]);
await until(() => rows.said.items.size > 0 && heard.at(-1) === "up_to_date");
tell("changed", { heard: told(), said: [...rows.said.items.values()].map(({ text }) => text) });
live.close();
tell("closed", { heard: told(), state: live.state });
process.exit(0);
