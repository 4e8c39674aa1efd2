/** Of which groups somebody is, and how skilled in each (1 to 100). */
import { cls, html, useId } from "../../html.js";
import { t } from "../../i18n.js";
import { groups } from "../../state/people.js";

const USUAL = 50;

/** @param {{field: any, value: {id: string, skill: number}[], onChange: (value: any) => void}} given */
export function Members({ field, value, onChange }) {
  const others = (id) => value.filter((one) => one.id !== id);
  const set = (id, skill) => onChange([...others(id), { id, skill }]);
  return html`<fieldset class="members">
    <legend>${t(field.label)}</legend>
    ${field.help && html`<small>${t(field.help)}</small>`}
    ${groups.value.map((group) => html`<${Member} key=${group.id} name=${group.name} skill=${value.find(({ id }) => id === group.id)?.skill}
      onToggle=${(isIn) => (isIn ? set(group.id, USUAL) : onChange(others(group.id)))} onSkill=${(skill) => set(group.id, skill)} />`)}
    ${groups.value.length === 0 && html`<p class="soft">${t("people.noGroups")}</p>`}
  </fieldset>`;
}

function Member({ name, skill, onToggle, onSkill }) {
  const id = useId();
  const isIn = skill !== undefined;
  return html`<div class=${cls("member", isIn && "member-in")}>
    <label class="check"><input type="checkbox" checked=${isIn} onChange=${(event) => onToggle(event.currentTarget.checked)} /><span>${name}</span></label>
    ${isIn && html`<span class="member-skill"><label for=${id}>${t("people.skill")}</label>
      <input id=${id} class="input" type="number" min="1" max="100" required value=${skill} aria-label=${t("people.skillIn", { group: name })} onInput=${(event) => onSkill(Number(event.currentTarget.value))} /></span>`}
  </div>`;
}
