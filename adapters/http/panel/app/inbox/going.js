/** What is under way with chats: being pulled, being put aside. */
import { signal } from "@preact/signals";

/** Ids of chats that are being pulled at this moment. @type {import("@preact/signals").Signal<Set<string>>} */
export const pulling = signal(new Set());
/** The chat for which a time is being chosen. */
export const snoozing = signal(null);
