/** What can be asked of chats (T5): fields, how each is asked of, and the values there are to choose from. */
import { computed, signal } from "@preact/signals";
import { t } from "../i18n.js";
import { fields as ownFields, loadFields } from "../record/records.js";
import { channels, groups, operators } from "../state/people.js";
import { recado } from "../state/session.js";

export const tags = signal([]);

/** Read what changes seldom; to be called when somebody begins to filter. Raises nothing: without it, less is found. */
export async function loadCatalog() {
  try {
    await readCatalog();
  } catch (problem) {
    if (!("status" in problem)) throw problem;
  }
}

async function readCatalog() {
  const [{ items }] = await Promise.all([recado.get("/v1/tags"), loadFields()]);
  tags.value = items;
}

/** How each kind of field is asked of; the first is what one begins with. */
export const WAYS = {
  labels: ["any", "all", "none"],
  one: ["any", "none"],
  fact: ["yes", "no"],
  name: ["contains", "is", "begins"],
  says: ["says"],
  period: ["within", "before"],
  text: ["contains", "is", "begins", "present", "missing"],
  document: ["is", "present", "missing"],
  number: ["is", "less", "more", "present", "missing"],
  date: ["within", "before", "is", "after", "present", "missing"],
  list: ["any", "none", "present", "missing"],
  boolean: ["yes", "no", "present", "missing"],
};
/** Ways that ask for no value. */
export const BARE = new Set(["yes", "no", "present", "missing"]);
export const SETS = new Set(["labels", "one", "list"]);

const SECTIONS = ["new", "waiting", "open", "closed"];
const PRIORITIES = ["urgent", "high", "normal", "low"];
export const PERIODS = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year", "last_year"];
export const UNITS = ["minutes", "hours", "days", "weeks", "months"];
export const CLOCKS = ["activity", "opened", "client", "closed", "waiting"];

const OF_KIND = { text: "text", link: "text", number: "number", date: "date", list: "list", boolean: "boolean", cpf_cnpj: "document" };

const BUILT_IN = [
  { key: "tag", kind: "labels", icon: "tag", choices: () => tags.value.map(({ name }) => [name, name]) },
  { key: "text", kind: "says", icon: "search" },
  { key: "name", kind: "name", icon: "user" },
  { key: "operator", kind: "one", icon: "user", choices: () => [["me", t("filters.me")], ["nobody", t("filters.nobody")], ...operators.value.map(({ id, name }) => [id, name])] },
  { key: "group", kind: "one", icon: "users", choices: () => [["none", t("filters.noGroup")], ...groups.value.map(({ id, name }) => [id, name])] },
  { key: "channel", kind: "one", icon: "message-square-text", choices: () => channels.value.map(({ id, name }) => [id, name]) },
  { key: "section", kind: "one", icon: "layers", choices: () => SECTIONS.map((id) => [id, t(`section.${id}`)]) },
  { key: "unread", kind: "fact", icon: "mail" },
  { key: "period", kind: "period", icon: "calendar" },
  { key: "attachment", kind: "fact", icon: "paperclip" },
  { key: "priority", kind: "one", icon: "flag", choices: () => PRIORITIES.map((id) => [id, t(`priority.${id}`)]) },
  { key: "snoozed", kind: "fact", icon: "alarm-clock" },
  { key: "client_tag", kind: "labels", icon: "tag", choices: () => [] },
  { key: "email", kind: "text", icon: "mail" },
  { key: "phone", kind: "name", icon: "phone" },
  { key: "cpf", kind: "document", icon: "id-card" },
  { key: "cnpj", kind: "document", icon: "building-2" },
  { key: "notes", kind: "text", icon: "file-text" },
];

/** All fields, the company's own last: `{key, kind, icon, label, choices}`. */
export const asked = computed(() => [
  ...BUILT_IN.map((field) => ({ ...field, label: () => t(`filters.field.${field.key}`) })),
  ...ownFields.value.map(({ id, name, kind, options }) => ({
    key: `custom:${id}`, kind: OF_KIND[kind], icon: "sliders-horizontal", label: () => name, choices: () => options.map((option) => [option, option]),
  })),
]);

/** Return a field by its key; one that is no more has no kind. */
export const fieldOf = (key) => asked.value.find((field) => field.key === key) ?? { key, kind: null, icon: "triangle-alert", label: () => t("filters.fieldGone") };

/** Return a value as people call it. */
export const nameOfValue = (field, value) => field.choices?.().find(([id]) => id === value)?.[1] ?? String(value);
