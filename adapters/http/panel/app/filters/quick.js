/** What to filter by, found by a word of it: a tag, a person, a group, a day, or words that were said. */
import { t } from "../i18n.js";
import { fold } from "../state/folding.js";
import { asked, PERIODS, SETS } from "./catalog.js";
import { newRow } from "./tree.js";

const FIRST = ["unread", "attachment", "snoozed"];

/** Return options for a `Picker`; each has the `row` that it adds. */
export function quick(text) {
  const wanted = fold(text.trim());
  const facts = asked.value.filter(({ key }) => FIRST.includes(key)).map((field) => option(field, newRow(field), t(`filters.fact.${field.key}`), t("filters.fact")));
  const sets = asked.value.filter(({ kind }) => SETS.has(kind)).flatMap((field) => field.choices().map(([value, name]) => option(field, newRow(field, [value]), name, field.label())));
  const period = asked.value.find(({ key }) => key === "period");
  const days = PERIODS.slice(0, 4).map((value) => option(period, newRow(period, value), t(`filters.period.${value}`), period.label()));
  const all = [...facts, ...sets, ...days];
  if (!wanted) return all;
  const found = all.filter(({ label, detail }) => fold(label).includes(wanted) || fold(detail).includes(wanted));
  const begins = (one) => (fold(one.label).startsWith(wanted) ? 0 : 1);
  const free = ["text", "name"].map((key) => asked.value.find((field) => field.key === key)).map((field) => option(field, newRow(field, text.trim()), t(`filters.free.${field.key}`, { text: text.trim() }), field.label()));
  return [...found.sort((a, b) => begins(a) - begins(b)).slice(0, 20), ...free];
}

const option = (field, row, label, detail) => ({ id: JSON.stringify(row), label, detail, icon: field.icon, row });
