/** Whom a chat can be passed on to, with how they are: groups first, then people, those there first. */
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Avatar, Icon } from "../kit/index.js";
import { fold } from "../state/folding.js";
import { isIn } from "./outcome.js";

const PLACES = { online: 0, away: 1, offline: 2 };

/** Return options for a `Picker`; each has the `target` to hand to the service. */
export function targets(text, { operators, groups, chat, meId }) {
  const says = (name) => fold(name).includes(fold(text.trim()));
  const isThere = (group) => operators.some((one) => isIn(one, group.id) && one.presence === "online");
  const shownGroups = groups.filter(({ name }) => says(name)).sort((a, b) => isThere(b) - isThere(a));
  const shownPeople = operators
    .filter(({ name, role }) => role !== "auditor" && says(name))
    .filter(({ id }) => id !== meId || chat.operator?.id !== meId)
    .sort((a, b) => PLACES[a.presence] - PLACES[b.presence] || fullness(a) - fullness(b) || a.name.localeCompare(b.name));
  return [...shownGroups.map((group) => groupOption(group, operators)), ...shownPeople.map((one) => personOption(one, groups, meId))];
}

function groupOption(group, operators) {
  const members = operators.filter((one) => isIn(one, group.id));
  const online = members.filter(({ presence }) => presence === "online");
  const isSeen = online.every(({ load }) => load !== null);
  const load = isSeen ? online.reduce((sum, one) => sum + one.load, 0) : null;
  const room = online.reduce((sum, one) => sum + one.capacity, 0);
  return {
    id: `group.${group.id}`,
    label: group.name,
    detail: group.is_open ? t("transfer.groupOnline", { n: online.length, of: members.length }) : t("transfer.groupClosed"),
    before: html`<span class="target-group"><${Icon} name="users" /></span>`,
    after: html`<${Load} load=${load} capacity=${room} free=${group.free} />`,
    target: { group: group.id },
    group,
  };
}

function personOption(operator, groups, meId) {
  const named = groups.filter(({ id }) => isIn(operator, id)).map(({ name }) => name);
  const presence = t(`presence.${operator.presence}`);
  return {
    id: `operator.${operator.id}`,
    label: operator.id === meId ? t("transfer.me", { name: operator.name }) : operator.name,
    detail: named.length ? t("transfer.personDetail", { presence, groups: named.join(", ") }) : presence,
    before: html`<${Avatar} name=${operator.name} presence=${operator.presence} size="s" />`,
    after: html`<${Load} ...${operator} />`,
    target: { operator: operator.id },
    operator,
  };
}

/** Of other groups one knows only whether there is room. */
const fullness = ({ load, capacity, free }) => (load === null ? Number(free === 0) : load / capacity);

/** How much is carried of what can be: a bar, and the numbers; or how much room there is, where no more is known. */
export function Load({ load, capacity, free }) {
  if (load === null) return html`<span class="load">${t("transfer.room", { n: free })}</span>`;
  return html`<span class="load" role="img" aria-label=${t("transfer.load", { load, capacity })} data-tip=${t("transfer.load", { load, capacity })}>
    <meter min="0" max=${Math.max(1, capacity)} value=${load} class=${load >= capacity ? "load-full" : undefined} aria-hidden="true"></meter>
    <span aria-hidden="true">${load}/${capacity}</span>
  </span>`;
}
