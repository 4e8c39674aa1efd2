/** Facts of a record as people write them. */
import { language, t } from "../i18n.js";

/** @param {string} kind @param {any} value @returns {string} */
export function shown(kind, value) {
  if (value === null || value === undefined || value === "") return "";
  if (kind === "boolean") return t(value ? "record.yes" : "record.no");
  if (kind === "number") return new Intl.NumberFormat(language.value, { maximumFractionDigits: 15 }).format(value);
  if (kind === "date") return dateOf(value);
  const text = String(value);
  if (kind === "phone") return phone(text);
  if (kind === "cpf" || kind === "cnpj" || kind === "cpf_cnpj") return document_(text);
  return text;
}

/** `12345678909` as `123.456.789-09`, `12ABC34501DE35` as `12.ABC.345/01DE-35`; others as they are. */
function document_(text) {
  if (/^[\dA-Z*•]{11}$/u.test(text)) return text.replace(/^(.{3})(.{3})(.{3})(..)$/u, "$1.$2.$3-$4");
  if (/^[\dA-Z*•]{14}$/u.test(text)) return text.replace(/^(..)(.{3})(.{3})(.{4})(..)$/u, "$1.$2.$3/$4-$5");
  return text;
}

function phone(text) {
  const brazil = /^\+55(\d\d)(\d{4,5})(\d{4})$/.exec(text);
  return brazil ? `+55 (${brazil[1]}) ${brazil[2]}-${brazil[3]}` : text;
}

const dateOf = (value) => {
  const [year, month, day] = value.split("-").map(Number);
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeZone: "UTC" }).format(Date.UTC(year, month - 1, day));
};
