/** The fields of the client's record that the company defines for itself (C1). */
import { html } from "../../html.js";
import { listing, t } from "../../i18n.js";
import { Records } from "./records.js";

const KINDS = ["text", "number", "date", "list", "boolean", "link", "cpf", "cnpj"];
const said = (lines) => lines.map((line) => line.trim()).filter(Boolean);

const WHAT = {
  path: "/v1/fields",
  one: "field.one",
  icon: "id-card",
  columns: [
    { label: "field.name", cell: (item) => item.name },
    { label: "field.kind", cell: (item) => t(`field.${item.kind}`) },
    { label: "field.options", cell: (item) => html`<span class="admin-text one-line">${listing(item.options)}</span>` },
  ],
  fields: (item) => [
    { name: "name", label: "field.name", kind: "text", required: true },
    ...(item ? [] : [{ name: "kind", label: "field.kind", kind: "select", options: () => KINDS.map((value) => ({ value, label: t(`field.${value}`) })) }]),
    { name: "options", label: "field.options", kind: "lines", help: "field.optionsHelp", when: ({ kind }) => kind === "list" },
  ],
  values: (item) => ({ name: item?.name ?? "", kind: item?.kind ?? "text", options: item?.options ?? [] }),
  body: ({ name, kind, options }, item) => {
    const chosen = kind === "list" ? { options: said(options) } : {};
    return item ? { name, ...chosen } : { name, kind, ...chosen };
  },
};

export const Fields = () => html`<${Records} of=${WHAT} />`;
