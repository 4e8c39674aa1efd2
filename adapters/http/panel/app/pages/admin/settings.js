/** The account's settings, and what a changed patience would do to the lists right now. */
import { html, useEffect, useState } from "../../html.js";
import { number, t } from "../../i18n.js";
import { attempt, Skeleton, toast } from "../../kit/index.js";
import { recado } from "../../state/session.js";
import { Form } from "./form.js";
import { POLICIES } from "./groups.js";

const SENT = ["name", "patience", "auto_assign", "policy", "sticky", "presence_grace", "warmup", "reopen_within", "answer_within", "save_unverified", "require_second_factor"];

const FIELDS = [
  { name: "name", label: "settings.name", kind: "text", required: true },
  { name: "patience", label: "settings.patience", kind: "minutes", help: "settings.patienceHelp", required: true },
  { name: "auto_assign", label: "settings.autoAssign", kind: "switch", help: "settings.autoAssignHelp" },
  { name: "policy", label: "settings.policy", kind: "select", options: () => POLICIES.map((value) => ({ value, label: t(`policy.${value}`) })) },
  { name: "sticky", label: "settings.sticky", kind: "minutes", help: "settings.stickyHelp" },
  { name: "warmup", label: "settings.warmup", kind: "number", help: "settings.warmupHelp", more: { min: 0 } },
  { name: "presence_grace", label: "settings.grace", kind: "minutes", help: "settings.graceHelp" },
  { name: "reopen_within", label: "settings.reopen", kind: "minutes", help: "settings.reopenHelp" },
  { name: "answer_within", label: "settings.answerWithin", kind: "minutes", help: "settings.answerHelp" },
  { name: "save_unverified", label: "settings.unverified", kind: "switch", help: "settings.unverifiedHelp" },
  { name: "require_second_factor", label: "settings.requireFactor", kind: "switch", help: "settings.requireFactorHelp" },
];

export function Settings() {
  const [settings, setSettings] = useState(null);
  useEffect(() => void attempt(async () => setSettings(await recado.get("/v1/settings"))), []);
  if (!settings) return html`<${Skeleton} rows=${5} height=${44} />`;
  const save = async (values) => {
    const changed = SENT.filter((name) => values[name] !== settings[name]).map((name) => [name, values[name]]);
    if (changed.length === 0) return;
    await recado.act("PATCH", "/v1/settings", Object.fromEntries(changed));
    setSettings(values);
    toast(t("admin.saved"), { tone: "good" });
  };
  return html`<div class="admin-form"><${Form} fields=${FIELDS} values=${settings} save=${save} /><${Effect} patience=${settings.patience} /></div>`;
}

/** How many of all chats being served would wait now with less or more patience (V7). */
function Effect({ patience }) {
  const [rows, setRows] = useState([]);
  useEffect(() => {
    const minutes = [...new Set([1, 5, 10, 30, patience / 60])].sort((one, other) => one - other);
    const ask = async (n) => ({ n, late: (await recado.get("/v1/settings/preview", { patience: n * 60 })).waiting });
    attempt(async () => setRows(await Promise.all(minutes.map(ask))));
  }, [patience]);
  if (!rows.length) return null;
  return html`<aside class="admin-effect" aria-label=${t("settings.effect")}>
    <h3>${t("settings.effect")}</h3><p class="soft">${t("settings.effectLead")}</p>
    <dl>${rows.map(({ n, late }) => html`<div key=${n} class=${n * 60 === patience ? "is-now" : undefined}><dt>${t("group.minutes", { n: number(n) })}</dt><dd>${t("settings.late", { n: late })}</dd></div>`)}</dl>
  </aside>`;
}
