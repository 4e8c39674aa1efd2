/** How the play and the parts of the installation do, asked now and then, and what one wants of them. */
import { signal } from "@preact/signals";
import { attempt } from "../kit/index.js";
import { me, recado } from "../state/session.js";

const LOOK = 4_000; // Milliseconds; who is seen here is played by nobody else.
const LOOK_CLOSER = 1_000; // The same while a part is down, or nobody answers.
const KEPT = "recado.demo.open";

export const isOpen = signal(sessionStorage.getItem(KEPT) === "yes");

/** What was told last: `{speed, paused, auto_assign, data, parts}`; null before. */
export const play = signal(null);
/** Whether the last question was answered. */
export const isReached = signal(true);

export function toggle() {
  isOpen.value = !isOpen.value;
  sessionStorage.setItem(KEPT, isOpen.value ? "yes" : "no");
}

let timer = 0;

/** Look, and look again in a while, for as long as the page is open. */
export async function look() {
  clearTimeout(timer);
  if (me.value) {
    try {
      play.value = await recado.get("/v1/demo");
      isReached.value = true;
    } catch {
      isReached.value = false;
    }
  }
  const isWell = isReached.value && (play.value?.parts ?? []).every((part) => part.is_up);
  timer = setTimeout(look, isWell ? LOOK : LOOK_CLOSER);
}

/** Change how the play goes: `{speed, paused, auto_assign}`, what is to be otherwise. */
export async function change(wanted) {
  play.value = (await attempt(() => recado.ask("POST", "/v1/demo/pace", wanted))) ?? play.value;
}

export const letWrite = () => attempt(() => recado.ask("POST", "/v1/demo/customers"));

/** Kill a part; it stays down for so many seconds. */
export async function fell(part, seconds) {
  const answered = await attempt(() => recado.ask("POST", "/v1/demo/faults", { part, seconds }));
  if (answered) setTimeout(look, 500);
  return answered;
}

export const prove = () => attempt(() => recado.ask("POST", "/v1/demo/proofs"));
