/** Where one writes: for acts that end there. */
import { isEditing } from "../keys.js";

let field = null;
let wantedUntil = 0;
const WAITS = 5_000;

/** Say which field it is now; the caret goes there where an act ended a moment ago. */
export function composerIs(element) {
  field = element;
  if (Date.now() < wantedUntil && !isEditing(document.activeElement)) element.focus();
}

/** Put the caret into the composer, or into the one that comes in its place. */
export function focusComposer() {
  wantedUntil = Date.now() + WAITS;
  requestAnimationFrame(() => field?.isConnected && field.focus());
}
