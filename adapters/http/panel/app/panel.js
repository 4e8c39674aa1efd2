/** All that one works with once one is signed in; read while the name is still being typed. */
import { effect } from "./html.js";
import { onKey } from "./keys.js";
import { Shell } from "./shell.js";
import { standing } from "./state/lists.js";
import { startCalling } from "./state/notify.js";
import { resume } from "./state/outbox.js";
import { loadChannels, loadGroups } from "./state/people.js";
import { loadPrefs } from "./state/prefs.js";
import { me } from "./state/session.js";
import "./features/index.js";

const AFTER_THE_LISTS = 150; // Milliseconds.
let known = null;
effect(() => {
  const id = me.value?.id ?? null;
  if (id === known) return;
  known = id;
  if (!id) return;
  standing();
  resume();
  loadPrefs().catch(() => {});
  // The lists come first: nothing of these is seen before a chat is opened.
  setTimeout(() => {
    for (const read of [loadGroups, loadChannels]) read().catch(() => {});
  }, AFTER_THE_LISTS);
});

document.addEventListener("keydown", onKey);
startCalling();

export default Shell;
