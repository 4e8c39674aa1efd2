/** What is under way with chats: being pulled, being put aside. */
import { signal } from "@preact/signals";

/** Ids of chats that are being pulled at this moment. @type {import("@preact/signals").Signal<Set<string>>} */
export const pulling = signal(new Set());
/** The chat for which a time is being chosen. */
export const snoozing = signal(null);

/** A chat that is put aside comes back whenever its client writes; so many milliseconds ahead, by nothing else. */
export const UNTIL_HE_WRITES = 365 * 86_400_000;
export const isUntilHeWrites = (until) => Date.parse(until) - Date.now() > UNTIL_HE_WRITES / 2;
