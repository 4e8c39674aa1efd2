/** Operators and groups: names, presence, load. */
import { computed, signal } from "@preact/signals";
import { standing } from "./lists.js";
import { me, recado } from "./session.js";

/** Operators as they are now, by name. */
export const operators = computed(() =>
  me.value ? [...standing().people.items.values()].filter(({ active }) => active).sort((a, b) => a.name.localeCompare(b.name)) : [],
);
/** Oneself, as colleagues see one: with presence and load. */
export const myself = computed(() => (me.value ? standing().people.items.get(me.value.id) ?? null : null));
export const groups = signal([]);
export const channels = signal([]);

/** Read what changes seldom; to be called again before it matters. */
export async function loadGroups() {
  groups.value = (await recado.get("/v1/groups")).items;
}

export async function loadChannels() {
  channels.value = (await recado.get("/v1/channels")).items;
}

export const operatorOf = (id) => standing().people.items.get(id);
export const groupOf = (id) => groups.value.find((group) => group.id === id);
export const channelOf = (id) => channels.value.find((channel) => channel.id === id);

/** Return the name of an author as messages have it: `operator:…`, `client`, `automatic`. */
export function authorName(author) {
  const [kind, id] = (author ?? "").split(":");
  return kind === "operator" ? operatorOf(id)?.name ?? null : null;
}
