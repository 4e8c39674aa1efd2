/**
 * One registry of everything that can be done. Keys, buttons' tooltips, the command palette and
 * the sheet of shortcuts all read it, so that none of them can say something else than the others.
 *
 * @typedef {object} Act
 * @property {string} id
 * @property {string} label words key: what it does, as a button says it
 * @property {string} group words key of the heading it is listed under
 * @property {string} [icon]
 * @property {string[]} [keys] `j`, `Shift+j`, `?`, `Escape`, `Mod+k`, `g h`; Mod is Ctrl, and Command on a Mac
 * @property {() => boolean} [when] whether it can be done now
 * @property {boolean} [inFields] whether its keys work while one writes
 * @property {boolean} [unlisted] not in the palette: makes no sense without its key
 * @property {boolean} [isFleeting] left out of the sheet of shortcuts while it cannot be done
 * @property {(given?: any) => any} run
 */
import { signal } from "@preact/signals";

const held = signal(new Map());

/** @param {...Act} acts */
export function addActs(...acts) {
  held.value = new Map([...held.value, ...acts.map((act) => [act.id, act])]);
}

export const allActs = () => [...held.value.values()];
export const actOf = (id) => held.value.get(id);
export function canDo(id) {
  const act = held.value.get(id);
  return Boolean(act && (act.when ? act.when() : true));
}

/** Do it, if it can be done now. Returns what the act returns. */
export function perform(id, given) {
  return canDo(id) ? held.value.get(id).run(given) : undefined;
}
