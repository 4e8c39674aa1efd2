/**
 * Filters as rows that people edit, and as the tree that the service takes (T5). A row that
 * is not filled in yet asks for nothing.
 *
 * @typedef {{field: string, is: string, value: any, of?: string}} Row
 * @typedef {{join: "all"|"any"|"none", rows: (Row|Group)[]}} Group
 */
import { BARE, SETS, WAYS } from "./catalog.js";

export const isGroup = (node) => "rows" in node;
export const noRows = () => ({ join: "all", rows: [] });

/** Return a row to begin with for a field. @param {{key: string, kind: string}} field */
export function newRow({ key, kind }, value) {
  const [is] = WAYS[kind];
  const row = { field: key, is, value: value ?? (SETS.has(kind) ? [] : kind === "period" || (kind === "date" && is === "within") ? "today" : "") };
  return kind === "period" ? { ...row, of: "activity" } : row;
}

/** Return whether a row says enough to be asked. */
export function isWhole({ is, value }) {
  if (BARE.has(is)) return true;
  if (Array.isArray(value)) return value.length > 0;
  if (value && typeof value === "object") return "last" in value ? value.last >= 1 : Boolean(value.from || value.to);
  return value !== null && value !== undefined && String(value).trim() !== "";
}

/** Return a group as the service takes it; null where nothing is asked. @param {Group} group */
export function toTree(group) {
  const parts = group.rows.map((node) => (isGroup(node) ? toTree(node) : isWhole(node) ? leafOf(node) : null)).filter(Boolean);
  if (!parts.length) return null;
  if (group.join === "none") return { not: { any: parts } };
  return parts.length === 1 ? parts[0] : { [group.join]: parts };
}

function leafOf({ field, is, value, of }) {
  const leaf = { field, is };
  if (!BARE.has(is)) leaf.value = value;
  if (of && field === "period" && of !== "activity") leaf.of = of;
  return leaf;
}

/** Return a tree as rows to edit. @returns {Group} */
export function fromTree(tree) {
  if (!tree) return noRows();
  const node = nodeOf(tree);
  return isGroup(node) ? node : { join: "all", rows: [node] };
}

function nodeOf(tree) {
  if (tree.all) return { join: "all", rows: tree.all.map(nodeOf) };
  if (tree.any) return { join: "any", rows: tree.any.map(nodeOf) };
  if (tree.not?.any) return { join: "none", rows: tree.not.any.map(nodeOf) };
  if (tree.not) return { join: "none", rows: [nodeOf(tree.not)] };
  const { field, is, value = "", of } = tree;
  const isSet = ["any", "all", "none"].includes(is);
  const row = { field, is, value: isSet && !Array.isArray(value) ? [value] : value };
  return field === "period" ? { ...row, of: of ?? "activity" } : row;
}

/** Return a group with one more thing asked; a further value of the same question joins it. @param {Group} group @param {Row} row */
export function withRow(group, row) {
  const at = group.rows.findIndex((one) => !isGroup(one) && one.field === row.field && one.is === row.is && Array.isArray(one.value) && row.is === "any");
  if (at < 0 || group.join !== "all") return { ...group, rows: [...group.rows, row] };
  const joined = { ...group.rows[at], value: [...new Set([...group.rows[at].value, ...row.value])] };
  return { ...group, rows: group.rows.with(at, joined) };
}

/** What a list holds by itself, as rows: what is saved from it asks for that, too. @param {any} list @returns {Row[]} */
export function rowsOf(list) {
  const { section, operator } = list.params;
  const rows = [];
  if (section === "unread") rows.push({ field: "unread", is: "yes", value: "" });
  else if (section && section !== "all") rows.push({ field: "section", is: "any", value: [section] });
  else if (section === "all") rows.push({ field: "section", is: "none", value: ["closed"] });
  if (operator) rows.push({ field: "operator", is: "any", value: [operator] });
  return rows;
}
