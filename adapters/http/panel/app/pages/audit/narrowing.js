/** What narrows a list of the past: kind, person, days; and reading it page by page. */
import { html, useEffect, useRef, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { attempt, Button, Field } from "../../kit/index.js";
import { operators } from "../../state/people.js";
import { recado } from "../../state/session.js";
import { accountSettings, loadSettings } from "../../state/settings.js";
import { instantOf } from "../../state/zone.js";

/** Return a day that was entered as its first instant where the account is, `more` days on; null for none. */
function instant(text, more = 0) {
  const [year, month, day] = text.split("-").map(Number);
  return year && month && day ? instantOf({ year, month, day: day + more }, accountSettings.value.time_zone).toISOString() : null;
}

/** Return what is asked of the service. @param {{kind: string, operator: string, from: string, to: string}} said */
export const asked = ({ kind, operator, from, to }) => ({ kind: kind || null, operator: operator || null, since: instant(from), until: instant(to, 1) });

export const NOTHING = { kind: "", operator: "", from: "", to: "" };

/** @param {{kinds: {value: string, label: string}[], value: any, onChange: (value: any) => void, children?: any}} given */
export function Narrowing({ kinds, value, onChange, children }) {
  useEffect(() => void loadSettings().catch(() => {}), []);
  const set = (name) => (event) => onChange({ ...value, [name]: event.currentTarget.value });
  const choice = (name, label, all, options) => html`<${Field} as="select" label=${label} value=${value[name]} onChange=${set(name)}>
    <option value="">${all}</option>${options.map((one) => html`<option key=${one.value} value=${one.value} selected=${one.value === value[name]}>${one.label}</option>`)}
  <//>`;
  return html`<div class="narrowing">
    ${choice("kind", t("audit.kind"), t("audit.allKinds"), kinds)}
    ${choice("operator", t("audit.person"), t("audit.everybody"), operators.value.map(({ id, name }) => ({ value: id, label: name })))}
    <${Field} type="date" label=${t("audit.from")} value=${value.from} max=${value.to || undefined} onInput=${set("from")} />
    <${Field} type="date" label=${t("audit.to")} value=${value.to} min=${value.from || undefined} onInput=${set("to")} />
    ${children}
  </div>`;
}

/** Read a list page by page: `{items, more}`; `items` is null until the first is there. */
export function usePages(path, params) {
  const [items, setItems] = useState(null);
  const [cursor, setCursor] = useState(null);
  const turn = useRef(0);
  const read = (from) => attempt(async () => {
    const mine = turn.current;
    const page = await recado.get(path, { ...params, cursor: from });
    if (mine !== turn.current) return;
    setItems((before) => [...(from ? before : []), ...page.items]);
    setCursor(page.next_cursor);
  });
  useEffect(() => {
    turn.current += 1;
    setItems(null);
    setCursor(null);
    read(null);
  }, [path, JSON.stringify(params)]);
  return { items, again: () => read(null), more: cursor ? () => read(cursor) : null };
}

export const Older = ({ more }) => more && html`<div class="admin-older"><${Button} label=${t("audit.older")} icon="arrow-down" onClick=${more} /></div>`;
