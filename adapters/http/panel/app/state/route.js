/** Where in the panel one is: `/panel/inbox/<list>/<chat>`, or `/panel/<page>/…`. */
import { computed, signal } from "@preact/signals";

const read = () => location.pathname.replace(/^\/panel\/?|^\//, "").split("/").filter(Boolean).map(decodeURIComponent);

export const path = signal(read());
export const page = computed(() => path.value[0] ?? "inbox");
export const listId = computed(() => (page.value === "inbox" ? path.value[1] ?? "new" : "new"));
export const chatId = computed(() => (page.value === "inbox" ? path.value[2] ?? null : null));

window.addEventListener("popstate", () => (path.value = read()));

/** Go somewhere: `go("inbox", "waiting", chat.id)`. Equal places are no new ones. */
export function go(...steps) {
  const to = `/panel/${steps.filter((step) => step !== null && step !== undefined).map(encodeURIComponent).join("/")}`;
  if (to === location.pathname) return;
  history.pushState(null, "", to + location.search);
  path.value = read();
}
