/** Clients' records that are on the screen, and the fields that the company has for them. */
import { signal } from "@preact/signals";
import { seldom, withEntry } from "../state/keeping.js";
import { recado } from "../state/session.js";

/** @type {import("@preact/signals").Signal<Map<string, any>>} */
const held = signal(new Map());
export const fields = signal([]);
/** Details that every record has, in their order, and how each is entered. */
export const DETAILS = [
  { key: "name", kind: "text" },
  { key: "phone", kind: "phone" },
  { key: "email", kind: "email" },
  { key: "cpf", kind: "cpf" },
  { key: "cnpj", kind: "cnpj" },
  { key: "notes", kind: "notes" },
];

const pathOf = (id) => `/v1/clients/${encodeURIComponent(id)}`;

export const recordOf = (id) => held.value.get(id) ?? null;

/** Read a record anew, not older than a position; what it holds is in `recordOf`. */
export async function loadRecord(id, position) {
  const record = await recado.get(pathOf(id), { min_position: position });
  held.value = withEntry(held.peek(), id, record);
  return record;
}

export async function loadFields() {
  fields.value = (await recado.get("/v1/fields")).items;
}

/** The fields, not older than a minute. */
export const freshFields = seldom(loadFields);

/** Change a record as it was seen; raises what the service refuses. @param {any} record @param {object} change */
export async function changeRecord(record, change) {
  const { position } = await recado.act("PATCH", pathOf(record.id), change, { ifMatch: record.version });
  return loadRecord(record.id, position);
}

export async function mergeRecords(id, other) {
  const { position } = await recado.act("POST", `${pathOf(id)}/merge`, { client: other });
  await loadRecord(id, position);
}

export async function partRecords(id, other) {
  const { position } = await recado.act("POST", `${pathOf(id)}/part`, { client: other });
  await loadRecord(id, position);
}

export const chatsOf = (id) => recado.get(`${pathOf(id)}/chats`, { limit: 50 });

/** What a record holds under a key: a detail's, or the id of a field of the company's own. */
export const valueOf = (record, key) => (DETAILS.some((one) => one.key === key) ? record[key] : record.fields[key]) ?? null;

/** The change that puts a value under a key. */
export const changeOf = (key, value) => (DETAILS.some((one) => one.key === key) ? { [key]: value } : { fields: { [key]: value } });
