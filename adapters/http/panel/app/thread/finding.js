/** Looking for words in the open chat: whether one does, for what, and which hit one is at. */
import { signal } from "@preact/signals";

/** `{q, items, at}` while one searches; null otherwise. `items` are the messages that say it. */
export const finding = signal(null);

export const startFinding = () => (finding.value ??= { q: "", items: [], at: 0 });
export const stopFinding = () => (finding.value = null);
