/** Who is signed in here. */
import { computed, effect, signal } from "@preact/signals";
import { Recado } from "recado";
import { language } from "../i18n.js";

export const recado = new Recado();

/** `{id, name, email, role, groups, presence, may}`; null for nobody, undefined while it is not known. */
export const me = signal(undefined);
export const isOperatorOnly = computed(() => me.value?.role === "operator");
export const canAct = computed(() => me.value?.may?.includes("act") ?? false);
export const canSupervise = computed(() => me.value?.may?.includes("supervise") ?? false);

effect(() => {
  recado.language = language.value;
  document.documentElement.lang = language.value;
});

/** Find out who is here. Raises nothing: without an answer, it is asked again soon. */
export async function whoIsHere() {
  for (let pause = 500; ; pause = Math.min(2 * pause, 5_000)) {
    try {
      me.value = await recado.me();
      return;
    } catch (problem) {
      if (!problem.isPassing) {
        me.value = null;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

const SOON = 1_000;

/** After all sessions ended: who ended them himself has another one in a moment, and stays. */
export async function stillHere() {
  try {
    me.value = await recado.me();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, SOON));
    await whoIsHere();
  }
}

export async function signIn(email, password, more) {
  await recado.signIn(email, password, more);
  me.value = await recado.me();
}

export async function signOut() {
  await recado.signOut();
  me.value = null;
}
