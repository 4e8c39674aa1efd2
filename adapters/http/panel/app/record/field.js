/** One fact of a record: read, and edited in its place (C1, C2, C6). */
import { cls, html, useEffect, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Badge, Button, Icon } from "../kit/index.js";
import { canAct, canSupervise } from "../state/session.js";
import { shown } from "./formats.js";
import { changeOf, changeRecord, loadRecord, valueOf } from "./records.js";

const TYPES = { email: "email", phone: "tel", date: "date", link: "url" };
const MODES = { number: "decimal", cpf: "numeric" };
const DOCUMENTS = new Set(["cpf", "cnpj", "cpf_cnpj"]);

/** @param {{record: any, name: string, label: string, kind: string, options?: string[], pin?: any}} props */
export function Fact({ record, name, label, kind, options, pin }) {
  // The record as it was when the editing began: what comes meanwhile was not seen by who types (C6).
  const [edited, setEdited] = useState(null);
  const [fault, setFault] = useState(null);
  const value = valueOf(record, name);
  const row = useRef(null);
  const done = () => {
    setEdited(null);
    setFault(null);
    setTimeout(() => row.current?.querySelector(".fact-value")?.focus());
  };
  const save = async (entered, seen = edited) => {
    try {
      await changeRecord(seen, changeOf(name, entered));
      done();
    } catch (problem) {
      if (!("status" in problem)) throw problem;
      setFault(await faultOf(problem, record.id, name, entered));
    }
  };
  const isMasked = DOCUMENTS.has(kind) && !canSupervise.value;
  return html`<div ref=${row} class=${cls("fact", fault && "fact-wrong", kind === "notes" && "fact-tall")}>
    ${edited
      ? html`<${Editor} label=${label} kind=${kind} options=${options} value=${isMasked ? null : value} hint=${isMasked ? value : undefined} fault=${fault} onSave=${save} onCancel=${done} />`
      : html`<${Reader} label=${label} kind=${kind} value=${value} isUnverified=${record.unverified.includes(name)} onEdit=${canAct.value && !record.merged_into ? () => setEdited(record) : undefined} pin=${pin} />`}
    ${fault && html`<${Fault} fault=${fault} kind=${kind} onTheirs=${done} onMine=${() => save(fault.entered, fault.record)} />`}
  </div>`;
}

/** What was refused: the sentence of the service, and, of a field that somebody else changed, what it holds now. */
async function faultOf(problem, id, name, entered) {
  if (problem.code !== "client_moved_on") return { text: problem.isPassing ? t("problem.unreachable") : problem.message };
  const record = await loadRecord(id);
  return { text: problem.message, record, entered, theirs: valueOf(record, name) };
}

function Reader({ label, kind, value, isUnverified, onEdit, pin }) {
  const text = shown(kind, value);
  const said = kind === "link" && text ? html`<a href=${safe(text)} target="_blank" rel="noreferrer noopener">${text}</a>` : text || html`<span class="fact-none">${t("record.none")}</span>`;
  return html`<span class="fact-label">${label}</span>
    <span class="fact-line">
      ${onEdit && kind !== "link"
        ? html`<button type="button" class="fact-value" aria-label=${t("record.edit", { field: label, value: text || t("record.none") })} onClick=${onEdit}><span>${said}</span><${Icon} name="pencil" size=${14} class="fact-pencil" /></button>`
        : html`<span class="fact-value">${said}</span>${onEdit && html`<${Button} size="s" kind="quiet" icon="pencil" iconOnly label=${t("record.edit", { field: label, value: text })} onClick=${onEdit} />`}`}
      ${isUnverified && html`<${Badge} tone="warn" icon="triangle-alert" title=${t("record.unverifiedTip")}>${t("record.unverified")}<//>`}
      ${pin}
    </span>`;
}

/** A link of a record is a web address, whoever entered it. */
const safe = (text) => (/^https?:\/\//i.test(text) ? text : undefined);

function Editor({ label, kind, options, value, hint, fault, onSave, onCancel }) {
  const id = useId();
  const field = useRef(null);
  const [text, setText] = useState(String(value ?? ""));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    field.current.focus();
    field.current.select?.();
  }, []);
  const save = async () => {
    if (busy) return;
    const now = entered(kind, field.current.value);
    // A masked number that was left empty stays as it is.
    if (now === (value ?? null) || (hint && now === null)) return onCancel();
    setBusy(true);
    await onSave(now);
    setBusy(false);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && (kind !== "notes" || event.ctrlKey || event.metaKey)) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shared = { ref: field, id, value: text, onInput: (event) => setText(event.currentTarget.value), onKeyDown, "aria-invalid": fault ? "true" : undefined, "aria-busy": busy ? "true" : undefined, class: "input" };
  const onBlur = (event) => !event.relatedTarget?.closest?.(".fact-fault") && save();
  return html`<label class="fact-label" for=${id}>${label}</label>
    ${kind === "notes" && html`<textarea ...${shared} rows="4" onBlur=${onBlur} />`}
    ${(kind === "list" || kind === "boolean") && html`<select ...${shared} onChange=${save} onBlur=${onBlur}>
      <option value="">${t("record.none")}</option>
      ${choicesOf(kind, options, value).map(([key, text]) => html`<option key=${key} value=${key} selected=${text === key}>${text}</option>`)}
    </select>`}
    ${!["notes", "list", "boolean"].includes(kind) && html`<input ...${shared} type=${TYPES[kind] ?? "text"} inputmode=${MODES[kind]} placeholder=${hint ?? ""} autocomplete="off" onBlur=${onBlur} />`}`;
}

function choicesOf(kind, options, value) {
  if (kind === "boolean") return [["true", t("record.yes")], ["false", t("record.no")]];
  const all = value && !options.includes(value) ? [value, ...options] : options;
  return all.map((option) => [option, option]);
}

/** What was entered, as the service takes it; null for nothing. */
function entered(kind, given) {
  const text = given.trim();
  if (!text) return null;
  if (kind === "boolean") return text === "true";
  // What is no number is left as it is: the service says so.
  if (kind === "number") return Number.isFinite(Number(text.replace(",", "."))) ? Number(text.replace(",", ".")) : text;
  return kind === "notes" ? given : text;
}

function Fault({ fault, kind, onTheirs, onMine }) {
  return html`<div class="fact-fault" role="alert">
    <p><${Icon} name="circle-alert" size=${14} /> ${fault.text}</p>
    ${fault.record && html`<p>${t("record.theirs", { value: shown(kind, fault.theirs) || t("record.none") })}</p>
      <p class="fact-choices"><${Button} size="s" label=${t("record.keepTheirs")} onClick=${onTheirs} /><${Button} size="s" kind="primary" label=${t("record.useMine")} onClick=${onMine} /></p>`}
  </div>`;
}
