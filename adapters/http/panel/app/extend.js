/**
 * The places where parts of the panel put themselves in. A part is a module under `features/`
 * that adds to these when it is imported (see `features/index.js`), so that the shell knows none.
 */
import { signal } from "@preact/signals";

function place() {
  const held = signal([]);
  return {
    /** Add an entry, or replace the one of the same id. */
    add(entry) {
      const others = held.value.filter(({ id }) => id !== entry.id);
      held.value = [...others, { order: 100, ...entry }].sort((a, b) => a.order - b.order);
    },
    /** All entries, in their order; drawing parts that read this follow it. */
    get all() {
      return held.value;
    },
  };
}

/**
 * Pages of their own, shown instead of the inbox, with a place in the rail:
 * `{id, icon, label: words key, order, when: (me) => boolean, load: () => import("./pages/x.js")}`.
 * The module's default export is the component; it is at `/panel/<id>` and gets `{path: string[]}`.
 */
export const pages = place();

/**
 * Sections of the side panel: `{id, icon, label: words key, order, when: (chat) => boolean,
 * component}`. The component gets `{chat}`, the chat's item as the lists have it.
 */
export const sideSections = place();

/**
 * What stands at the head of the thread beside the client's name: `{id, order, component}` with `{chat}`.
 */
export const threadHeads = place();

/** What stands above the rows of a list: `{id, order, component}` with `{list}`, a list of `state/lists.js`. */
export const listTools = place();

/** What can be done with all picked chats at once: `{id, order, component}`; see `picked` and `inBulk` in `inbox/`. */
export const bulkTools = place();

/** Buttons in the composer's bar: `{id, order, component}` with `{chat, mode, draft}`. */
export const composerTools = place();

/** What the composer completes: `{id, trigger: "/"|"@", modes, find: (text, chat) => Promise<Match[]>}`; see `composer/completing.js`. */
export const completions = place();

/** Drawn once over everything, whatever page is shown: dialogs, drawers. `{id, component}`. */
export const overlays = place();

/** Entries of the menu behind the operator's name: `{id, order, icon, label, run, when}`. */
export const meMenu = place();

/** What stands at the foot of the rail, above oneself: `{id, order, component}`. */
export const railTools = place();

/** What stands under the form of the sign-in page: `{id, order, component}`. */
export const welcomes = place();
