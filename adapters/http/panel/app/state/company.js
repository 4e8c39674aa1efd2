/** Colleagues who look at the same chat, or write in it, at this moment. */
import { signal } from "@preact/signals";
import { withEntry } from "./keeping.js";
import { onPassing } from "./live.js";
import { now } from "./now.js";
import { me, recado } from "./session.js";

const TYPING_EVERY = 3_000;
const VIEWING_EVERY = 20_000;
const VIEWING_AFTER = 400; // Milliseconds; who only passes by is not told of.
/** chat → operator → `{name, state, mode, until}` @type {import("@preact/signals").Signal<Map<string, Map<string, any>>>} */
const signs = signal(new Map());
let toldTyping = 0;

onPassing(({ chat, operator, state, mode, until }) => {
  const who = typeof operator === "object" ? operator : { id: operator };
  if (who.id === me.value?.id) return;
  const here = new Map(signs.value.get(chat));
  if (state === "gone") here.delete(who.id);
  else here.set(who.id, { ...who, state, mode, until: Date.parse(until) });
  signs.value = withEntry(signs.peek(), chat, here);
});

/** Who else is there now: `{typing, commenting, viewing}`, names. @param {(id: string) => string} nameOf */
export function companyIn(chat, nameOf) {
  const here = [...(signs.value.get(chat)?.values() ?? [])].filter(({ until }) => until > now.value);
  const names = (wanted) => here.filter(wanted).map(({ id, name }) => name ?? nameOf(id));
  return {
    typing: names(({ state, mode }) => state === "typing" && mode !== "comment"),
    commenting: names(({ state, mode }) => state === "typing" && mode === "comment"),
    viewing: names(({ state }) => state === "viewing"),
  };
}

const tell = (chat, state, mode) => recado.tellPresence(chat, state, mode).catch(() => {});

/** Say that one writes; often enough, and not with every key. */
export function tellTyping(chat, mode) {
  if (Date.now() - toldTyping < TYPING_EVERY) return;
  toldTyping = Date.now();
  tell(chat, "typing", mode);
}

/** Say that one looks, until the returned function is called. */
export function tellViewing(chat) {
  let timer = 0;
  let isTold = false;
  const say = () => {
    timer = setTimeout(say, VIEWING_EVERY);
    if (document.hidden) return;
    isTold = true;
    tell(chat, "viewing");
  };
  timer = setTimeout(say, VIEWING_AFTER);
  return () => {
    clearTimeout(timer);
    if (isTold || toldTyping) tell(chat, "gone");
    toldTyping = 0;
  };
}
