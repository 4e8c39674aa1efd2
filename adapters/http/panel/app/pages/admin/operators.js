/** Who works here: role, groups with skill, capacity, and letting people in or out. */
import { html } from "../../html.js";
import { listing, number, t } from "../../i18n.js";
import { attempt, Avatar, Badge, confirmed, toast } from "../../kit/index.js";
import { groupOf, loadGroups } from "../../state/people.js";
import { me, recado } from "../../state/session.js";
import { Members } from "./members.js";
import { tellOnce } from "./once.js";
import { Records } from "./records.js";

const ROLES = ["operator", "supervisor", "administrator", "auditor"];
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const LENGTH = 16;
const roles = () => ROLES.map((value) => ({ value, label: t(`role.${value}`) }));
const isMe = ({ id }) => id === me.value.id;

/** A password that can be read out: no letter that looks like another. */
function newPassword() {
  const drawn = crypto.getRandomValues(new Uint8Array(LENGTH));
  // 32 letters divide 256: each is as likely as any other.
  return [...drawn].map((one) => LETTERS[one % LETTERS.length]).join("").replace(/(.{4})(?=.)/g, "$1-");
}

const tellPassword = ({ name, email }, password) =>
  tellOnce({ title: t("people.passwordOf", { name }), values: [{ label: t("people.email"), value: email }, { label: t("people.password"), value: password }] });

async function setPassword(item) {
  const yes = await confirmed({ title: t("people.newPasswordSure", { name: item.name }), text: t("people.sessionsEnd"), yes: t("people.newPassword"), danger: true });
  const answer = yes && (await attempt(() => recado.ask("POST", `/v1/operators/${item.id}/password`, {})));
  if (answer) tellPassword(item, answer.password);
}

/** Ask, do it, and say so. */
async function settle(item, act, method, path) {
  const yes = await confirmed({ title: t(`people.${act}Sure`, { name: item.name }), text: t(`people.${act}Text`), yes: t(`people.${act}`), danger: true });
  const isDone = yes && (await attempt(async () => (await recado.ask(method, path), true)));
  if (isDone) toast(t("people.done"), { tone: "good" });
}

async function setActive(item, active, done) {
  const sure = { title: t("people.deactivateSure", { name: item.name }), text: t("people.deactivateText"), yes: t("people.deactivate"), danger: true };
  if (!active && !(await confirmed(sure))) return;
  const receipt = await attempt(() => recado.act("PATCH", `/v1/operators/${item.id}`, { active }));
  if (receipt) await done(receipt);
}

const more = (item, done) => [
  { id: "password", icon: "key-round", label: t("people.newPassword"), run: () => setPassword(item) },
  { id: "sessions", icon: "log-out", label: t("people.signOut"), run: () => settle(item, "signOut", "DELETE", `/v1/operators/${item.id}/sessions`) },
  { id: "factor", icon: "fingerprint", label: t("people.liftFactor"), run: () => settle(item, "liftFactor", "DELETE", `/v1/operators/${item.id}/second-factor`) },
  !isMe(item) && null,
  !isMe(item) && (item.active
    ? { id: "active", icon: "ban", danger: true, label: t("people.deactivate"), run: () => setActive(item, false, done) }
    : { id: "active", icon: "power", label: t("people.activate"), run: () => setActive(item, true, done) }),
];

const WHAT = {
  path: "/v1/operators",
  one: "people.one",
  icon: "user-cog",
  columns: [
    { label: "people.name", cell: (item) => html`<span class="admin-person"><${Avatar} name=${item.name} size="s" presence=${item.active ? item.presence : undefined} /><span><span>${item.name}</span><small>${item.email}</small></span></span>` },
    { label: "people.role", cell: (item) => html`${t(`role.${item.role}`)} ${!item.active && html`<${Badge} tone="warn" icon="ban">${t("people.isOut")}<//>`}` },
    { label: "people.groups", cell: (item) => html`<span class="admin-text one-line">${listing(item.groups.map(({ id }) => groupOf(id)?.name ?? "–")) || "–"}</span>` },
    { label: "people.load", cell: (item) => (item.role === "auditor" ? "–" : t("people.loadOf", { load: number(item.load), capacity: number(item.capacity) })) },
  ],
  fields: (item) => [
    ...(item ? [] : [{ name: "email", label: "people.email", kind: "email", required: true, more: { autocomplete: "off" } }]),
    { name: "name", label: "people.name", required: true, more: { autocomplete: "off", maxlength: 200 } },
    ...(item ? [] : [{ name: "password", label: "people.password", help: "people.passwordHelp", required: true, more: { autocomplete: "off", spellcheck: false, minlength: 8 } }]),
    { name: "role", label: "people.role", kind: "select", options: roles, when: () => !item || !isMe(item) },
    { name: "capacity", label: "people.capacity", kind: "number", help: "people.capacityHelp", required: true, more: { min: 0, max: 10_000 }, when: ({ role }) => role !== "auditor" },
    { name: "groups", label: "people.groups", help: "people.groupsHelp", component: Members, when: ({ role }) => role === "operator" || role === "supervisor" },
    { name: "sees_new", label: "people.seesNew", help: "people.seesNewHelp", kind: "switch", when: ({ role }) => item && role === "operator" },
  ],
  values: (item) => item ?? { email: "", name: "", password: newPassword(), role: "operator", capacity: 5, groups: [], sees_new: true },
  body: ({ email, name, password, role, capacity, groups, sees_new }, item) => (item ? { name, role, capacity, groups, sees_new } : { email, name, password, role, capacity, groups }),
  made: (_, values, item) => item || tellPassword(values, values.password),
  mayRemove: () => false,
  more,
  then: loadGroups,
};

export const Operators = () => html`<${Records} of=${WHAT} />`;
