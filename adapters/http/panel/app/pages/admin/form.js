/**
 * A form made from a list of fields, which shows at each what the service found wrong with it.
 *
 * @typedef {object} FormField
 * @property {string} name of the value in the body, and in what the service says is wrong
 * @property {string} label words key, or the words themselves
 * @property {"text"|"email"|"url"|"secret"|"textarea"|"number"|"minutes"|"select"|"switch"|"colour"|"lines"|"moment"} [kind]
 * @property {(props: {field: FormField, value: any, onChange: (value: any) => void, error?: string}) => any} [component] instead of a kind
 * @property {string} [help] words key
 * @property {(values: any) => {value: string, label: string}[]} [options] of a select
 * @property {(values: any) => boolean} [when] whether it makes sense now
 * @property {boolean} [required]
 * @property {object} [more] attributes of the element
 */
import { html, useState } from "../../html.js";
import { language, t } from "../../i18n.js";
import { Button, Field, Switch, tellProblem } from "../../kit/index.js";

/** A form that saves by `save(values)`; `children` stand beside its button. */
export function Form({ fields, values: given, save, label, icon, danger, children }) {
  const [values, setValues] = useState(given);
  const [wrong, setWrong] = useState({});
  const [isBusy, setBusy] = useState(false);
  const shown = fields.filter((field) => field.when?.(values) ?? true);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setWrong(await refused(() => save(values), shown));
    setBusy(false);
  };
  return html`<form class="form" onSubmit=${submit}>
    ${shown.map((field) => html`<${Input} key=${field.name} field=${field} values=${values} error=${wrong[field.name]}
      onChange=${(value) => setValues((before) => ({ ...before, [field.name]: value }))} />`)}
    <footer class="form-foot">${children}<${Button} type="submit" kind=${danger ? "danger" : "primary"} icon=${icon} busy=${isBusy} label=${label ?? t("admin.save")} /></footer>
  </form>`;
}

/** Return what is wrong, by field; what belongs to no field of the form is told in a corner. */
async function refused(save, fields) {
  try {
    await save();
    return {};
  } catch (problem) {
    if (!("status" in problem)) throw problem;
    const named = ({ pointer }) => pointer.split("/").findLast((step) => fields.some(({ name }) => name === step));
    const errors = (problem.facts.errors ?? []).filter((error) => error.pointer && named(error));
    if (errors.length === 0) tellProblem(problem);
    return Object.fromEntries(errors.map((error) => [named(error), whatIsWrong(error, problem)]));
  }
}

/** What a schema finds wrong is told in English only; to others, that it is wrong. */
function whatIsWrong({ code, detail }, problem) {
  if (code) return problem.message;
  return language.value === "en" && detail ? detail : t("form.notAccepted");
}

const MINUTE = 60;
const TYPES = { email: "email", url: "url", colour: "color", moment: "datetime-local", secret: "password" };
const FIRST_COLOUR = "#4a4fc4";

function Input({ field, values, error, onChange }) {
  const { kind, more = {}, component: Own } = field;
  const value = values[field.name];
  if (Own) return html`<${Own} field=${field} value=${value} error=${error} onChange=${onChange} />`;
  const common = { label: t(field.label), help: field.help && t(field.help), error, required: field.required, ...more };
  const typed = (read) => (event) => onChange(read(event.currentTarget.value));
  const asNumber = (by) => typed((text) => (text === "" ? null : Number(text) * by));
  if (kind === "switch") return html`<${Switch} label=${common.label} help=${common.help} checked=${Boolean(value)} onChange=${onChange} />`;
  if (kind === "select") {
    return html`<${Field} as="select" ...${common} value=${value ?? ""} onChange=${typed((text) => text || null)}>
      ${field.options(values).map((option) => html`<option value=${option.value} selected=${option.value === (value ?? "")}>${option.label}</option>`)}
    <//>`;
  }
  if (kind === "textarea") return html`<${Field} as="textarea" rows="5" ...${common} value=${value ?? ""} onInput=${typed(String)} />`;
  if (kind === "lines") {
    return html`<${Field} as="textarea" rows="5" ...${common} value=${(value ?? []).join("\n")} onInput=${typed((text) => text.split("\n"))} />`;
  }
  if (kind === "minutes") {
    const shown = value === null || value === undefined ? "" : String(value / MINUTE);
    return html`<${Field} type="number" min="0" step="any" ...${common} value=${shown} onInput=${asNumber(MINUTE)} />`;
  }
  if (kind === "number") return html`<${Field} type="number" ...${common} value=${value ?? ""} onInput=${asNumber(1)} />`;
  const secret = kind === "secret" ? { autocomplete: "new-password", spellcheck: false } : {};
  return html`<${Field} type=${TYPES[kind] ?? "text"} ...${secret} ...${common} value=${value ?? (kind === "colour" ? FIRST_COLOUR : "")} onInput=${typed(String)} />`;
}
