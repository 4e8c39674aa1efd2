/** What this operator likes: kept on the service, with a copy here for the first look. */
import { effect, signal } from "@preact/signals";
import { recado } from "./session.js";

const KEPT = "recado.prefs";
const PATH = "/v1/me/preferences";
const SAVE_AFTER = 800;

export const DEFAULTS = {
  theme: "system", // light, dark
  enterSends: true,
  undoSeconds: 5,
  letterKeys: true,
  sound: true,
  desktop: false,
  side: true,
};

export const prefs = signal({ ...DEFAULTS, ...read() });
let timer = 0;

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** Take what the service keeps for who is signed in. */
export async function loadPrefs() {
  try {
    const kept = await recado.get(PATH);
    if (Object.keys(kept ?? {}).length) take({ ...prefs.value, ...kept });
  } catch (problem) {
    if (problem.status !== 404 && !problem.isPassing) throw problem;
  }
}

/** Change some, at once here and soon on the service. */
export function setPrefs(changes) {
  take({ ...prefs.value, ...changes });
  clearTimeout(timer);
  timer = setTimeout(() => recado.ask("PUT", PATH, prefs.value).catch(() => {}), SAVE_AFTER);
}

function take(value) {
  prefs.value = value;
  localStorage.setItem(KEPT, JSON.stringify(value));
}

effect(() => {
  const { theme } = prefs.value;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});
