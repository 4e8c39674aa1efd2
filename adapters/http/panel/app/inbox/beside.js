/** Whether the side panel is open: kept where it has a place of its own, for the moment where it lies over the chat. */
import { computed, signal } from "@preact/signals";
import { prefs, setPrefs } from "../state/prefs.js";
import { chatId } from "../state/route.js";

const wide = matchMedia("(width >= 1240px)");
const isWide = signal(wide.matches);
wide.addEventListener("change", ({ matches }) => (isWide.value = matches));
/** The chat that it was opened over. */
const openedFor = signal(null);

export const isSideOpen = computed(() => chatId.value !== null && (isWide.value ? prefs.value.side : openedFor.value === chatId.value));

export function toggleSide(isOpen = !isSideOpen.value) {
  if (isWide.value) setPrefs({ side: isOpen });
  else openedFor.value = isOpen ? chatId.value : null;
}
