/** Reply templates (T3): one's own, a group's, everybody's. */
import { html } from "../../html.js";
import { number, t } from "../../i18n.js";
import { Badge } from "../../kit/index.js";
import { groupOf, groups } from "../../state/people.js";
import { canSupervise, me } from "../../state/session.js";
import { Records } from "./records.js";

const VARIABLES = ["client.name", "client.first_name", "operator.name", "group.name", "protocol", "greeting"];

const sharedName = (item) => (item.shared === "group" ? groupOf(item.group?.id ?? item.group)?.name ?? t("template.group") : t(`template.${item.shared}`));
const shares = () => ["personal", ...(canSupervise.value ? ["group"] : []), ...(me.value.may.includes("administer") ? ["account"] : [])];

const fields = (item) => [
  { name: "code", label: "template.code", kind: "text", help: "template.codeHelp", required: true, more: { pattern: "[a-z0-9][a-z0-9_\\-]{0,39}", autocomplete: "off" } },
  { name: "title", label: "template.title", kind: "text", required: true },
  { name: "text", label: "template.text", kind: "textarea", help: "template.textHelp", required: true },
  ...(item ? [] : [
    { name: "shared", label: "template.shared", kind: "select", options: () => shares().map((value) => ({ value, label: t(`template.${value}`) })) },
    { name: "group", label: "template.group", kind: "select", when: ({ shared }) => shared === "group", options: () => [{ value: "", label: "–" }, ...groups.value.map(({ id, name }) => ({ value: id, label: name }))] },
  ]),
];

const WHAT = {
  path: "/v1/templates",
  one: "template.one",
  icon: "message-square-text",
  columns: [
    { label: "template.title", cell: (item) => item.title },
    { label: "template.code", cell: (item) => html`<code>/${item.code}</code>` },
    { label: "template.shared", cell: (item) => html`<${Badge} tone=${item.shared === "personal" ? "plain" : "open"}>${sharedName(item)}<//>` },
    { label: "template.uses", cell: (item) => number(item.uses) },
    { label: "template.text", cell: (item) => html`<span class="admin-text one-line">${item.text}</span>` },
  ],
  fields,
  values: (item) => (item ? { code: item.code, title: item.title, text: item.text } : { code: "", title: "", text: "", shared: "personal", group: null }),
  body: ({ code, title, text, shared, group }, item) => (item ? { code, title, text } : { code, title, text, shared, group: shared === "group" ? group : null }),
  mayChange: (item) => item.may_change,
  mayRemove: (item) => item.may_change,
};

export function Templates() {
  return html`<${Records} of=${WHAT} />
    <p class="soft admin-note">${t("template.variables")} ${VARIABLES.map((name) => html`<code key=${name}>${`{{${name}}}`}</code> `)}</p>`;
}
