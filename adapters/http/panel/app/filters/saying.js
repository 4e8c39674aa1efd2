/** A filter in words: for chips, for the name that a tab is given, for what a tab is about. */
import { language, listing, t } from "../i18n.js";
import { BARE, fieldOf, nameOfValue } from "./catalog.js";
import { isGroup, isWhole } from "./tree.js";

/** Return a row as a chip says it. */
export function sayRow(row) {
  const field = fieldOf(row.field);
  const name = field.label();
  if (BARE.has(row.is)) return t(`filters.says.${row.is}`, { field: name });
  return t("filters.says", { field: name, way: t(`filters.way.${row.is}`), value: sayValue(field, row.value) });
}

export function sayNode(node) {
  if (!isGroup(node)) return sayRow(node);
  return t(`filters.group.${node.join}`, { parts: joined(node.join, node.rows.filter((one) => isGroup(one) || isWhole(one)).map(sayNode)) });
}

const joined = (join, parts) => (join === "all" ? listing(parts) : new Intl.ListFormat(language.value, { type: "disjunction" }).format(parts));

function sayValue(field, value) {
  if (Array.isArray(value)) return joined("any", value.map((one) => nameOfValue(field, one)));
  if (value && typeof value === "object") {
    if ("last" in value) return t("filters.last", { n: value.last, unit: t(`filters.unit.${value.unit}`) });
    return t("filters.fromTo", { from: value.from ?? "…", to: value.to ?? "…" });
  }
  return t(`filters.period.${value}`) === `filters.period.${value}` ? String(value) : t(`filters.period.${value}`);
}

/** Return a name for a tab of such a filter, short enough for the rail. */
export function nameFor(group) {
  const values = group.rows.filter((row) => !isGroup(row) && isWhole(row)).map((row) => {
    const field = fieldOf(row.field);
    return BARE.has(row.is) ? field.label() : sayValue(field, row.value);
  });
  return values.join(" · ").slice(0, 60);
}
