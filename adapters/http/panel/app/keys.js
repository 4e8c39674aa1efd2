/**
 * Keys to acts. Single characters work only where nobody is writing, and not at all when the
 * operator switched them off (WCAG 2.1.4). Nothing happens in the middle of a composition or
 * after a dead key; Ctrl+Alt is AltGr on Brazilian keyboards and is never ours.
 */
import { actOf, allActs, canDo } from "./acts.js";
import { prefs } from "./state/prefs.js";

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const SEQUENCE = 1_000; // Milliseconds between the keys of a sequence.

/** Return whether somebody is writing there. */
export const isEditing = (node) =>
  node instanceof HTMLElement &&
  (node.isContentEditable || node.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])"));

/** The keys of an act. */
export const keysOf = (act) => act.keys ?? [];

/** Return the key of an event as acts write it; null for one that must be left alone. */
export function keyName(event) {
  if (event.isComposing || event.keyCode === 229 || event.key === "Dead") return null;
  if (event.ctrlKey && event.altKey) return null;
  if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return null;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  if (other || event.altKey) return null;
  const isLetter = /^\p{L}$/u.test(event.key);
  const key = isLetter ? event.key.toLowerCase() : event.key;
  // On symbols Shift is how they are typed, on everything else it is part of the shortcut.
  const shift = event.shiftKey && (isLetter || event.key.length > 1);
  return `${mod ? "Mod+" : ""}${shift ? "Shift+" : ""}${key}`;
}

const isSingle = (key) => !key.startsWith("Mod+") && key.replace("Shift+", "").length === 1;

let pressed = [];
let pressedAt = 0;

/** Do what a key stands for. @param {KeyboardEvent} event */
export function onKey(event) {
  const key = keyName(event);
  if (!key || event.defaultPrevented) return;
  const editing = isEditing(event.target);
  if (isSingle(key) && (editing || prefs.value.letterKeys === false)) return;
  pressed = event.timeStamp - pressedAt < SEQUENCE ? [...pressed, key].slice(-2) : [key];
  pressedAt = event.timeStamp;
  const act = named(pressed.join(" "), editing) ?? named(key, editing);
  if (!act) return;
  // A dialog's own keys come first, and nothing behind it moves.
  if (document.querySelector("dialog[open]:modal") && !act.inDialogs) return;
  event.preventDefault();
  pressed = [];
  act.run();
}

function named(keys, editing) {
  return allActs().find(
    (act) => keysOf(act).includes(keys) && (!editing || act.inFields) && canDo(act.id),
  );
}

const SHOWN = {
  Mod: isMac ? "⌘" : "Ctrl", Shift: "⇧", Escape: "Esc", Enter: "↵", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←",
  ArrowRight: "→", " ": "␣",
};

/** Return a shortcut as it is printed on keys: [["Ctrl", "K"]]; one list for each key of a sequence. */
export function printed(keys) {
  return keys.split(" ").map((key) => (key === "+" ? ["+"] : key.split("+").map((one) => SHOWN[one] ?? one.toUpperCase())));
}

/** Return an act's first shortcut in one word, for tooltips and `aria-keyshortcuts`. */
export function shortcutOf(id) {
  const act = actOf(id);
  const [first] = act ? keysOf(act) : [];
  return first ? printed(first).map((key) => key.join(isMac ? "" : "+")).join(" ") : "";
}

/** Return an act's first shortcut as `aria-keyshortcuts` writes it; none for a sequence. */
export function ariaKeys(id) {
  const act = actOf(id);
  const [first] = act ? keysOf(act) : [];
  return first && !first.includes(" ") ? first.replace("Mod", isMac ? "Meta" : "Control") : undefined;
}
