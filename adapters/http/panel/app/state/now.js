/** The time, for what grows older while one looks at it: it moves every second, or not at all unseen. */
import { signal } from "@preact/signals";

export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener("visibilitychange", () => (now.value = Date.now()));
