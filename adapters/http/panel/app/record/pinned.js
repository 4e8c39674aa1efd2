/** What of the client's record the company wants to see at the head of every chat (C5). */
import { html, useEffect } from "../html.js";
import { t } from "../i18n.js";
import { accountSettings, freshSettings } from "../state/settings.js";
import { shown } from "./formats.js";
import { DETAILS, fields, freshFields, loadRecord, recordOf, valueOf } from "./records.js";

export function Pinned({ chat }) {
  const keys = accountSettings.value.header_fields ?? [];
  const { id } = chat.client;
  useEffect(() => {
    Promise.all([freshSettings(), freshFields()]).catch(() => {});
  }, []);
  useEffect(() => {
    if (keys.length && !recordOf(id)) loadRecord(id).catch(() => {});
  }, [id, keys.length]);
  const record = recordOf(id);
  const facts = record ? keys.map((key) => factOf(record, key)).filter((fact) => fact?.text) : [];
  if (!facts.length) return null;
  return html`<dl class="pinned">${facts.map(({ key, label, text }) => html`<div key=${key}><dt>${label}</dt><dd class="one-line">${text}</dd></div>`)}</dl>`;
}

function factOf(record, key) {
  const detail = DETAILS.find((one) => one.key === key);
  const field = detail ?? fields.value.find((one) => one.id === key);
  return field && { key, label: detail ? t(`record.${key}`) : field.name, text: shown(field.kind, valueOf(record, key)) };
}
