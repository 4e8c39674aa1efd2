/** Tags of chats: which there are, in which colour, and how many open chats bear each. */
import { html } from "../../html.js";
import { number, t } from "../../i18n.js";
import { Badge } from "../../kit/index.js";
import { Records } from "./records.js";

const WHAT = {
  path: "/v1/tags",
  one: "tag.one",
  icon: "tag",
  columns: [
    { label: "tag.name", cell: (item) => html`<span class="admin-tag"><${Dot} colour=${item.colour} /> ${item.name}${item.removed && html` <${Badge} tone="warn">${t("tag.isRemoved")}<//>`}</span>` },
    { label: "tag.chats", cell: (item) => number(item.chats) },
  ],
  fields: (item) => [
    ...(item ? [] : [{ name: "name", label: "tag.name", kind: "text", required: true, more: { maxlength: 100 } }]),
    { name: "colour", label: "tag.colour", kind: "colour" },
  ],
  values: (item) => ({ name: item?.name ?? "", colour: item?.colour ?? "#4a4fc4" }),
  body: ({ name, colour }, item) => (item ? { colour } : { name, colour }),
  mayChange: (item) => item.id !== null && !item.removed,
  mayRemove: (item) => item.id !== null && !item.removed,
};

function Dot({ colour }) {
  return html`<svg class="admin-dot" width="12" height="12" aria-hidden="true"><circle cx="6" cy="6" r="6" fill=${colour ?? "currentColor"} /></svg>`;
}

export const Tags = () => html`<${Records} of=${WHAT} />`;
