/**
 * What a transfer will do, said before it is done (R9). It is a forecast from what is known
 * here; the service decides, and tells when it is otherwise.
 *
 * @typedef {{tone: "good"|"info"|"warn"|"danger", key: string, values?: object, isBlocked?: boolean, needsForce?: boolean}} Outcome
 */

/**
 * @param {any} chat @param {any} group an item of `/v1/groups`
 * @param {{operators: any[], groups: any[], settings: any, me: any}} house @returns {Outcome}
 */
export function toGroup(chat, group, { operators, groups, settings, me }) {
  const name = group.name;
  const sender = chat.operator?.id ?? me.id;
  const ready = operators.filter((one) => isIn(one, group.id) && one.id !== sender && canTake(one));
  if (ready.length && group.is_open && settings.auto_assign) return { tone: "good", key: "transfer.someoneGets", values: { name, n: ready.length } };
  if (ready.length && group.is_open) return { tone: "info", key: "transfer.someonePulls", values: { name, n: ready.length } };
  if (group.on_nobody_online === "refuse") return { tone: "danger", key: "transfer.refused", values: { name }, isBlocked: true };
  const overflow = group.on_nobody_online === "overflow" && groups.find(({ id }) => id === group.overflow_to);
  if (overflow) return { tone: "warn", key: "transfer.overflows", values: { name, other: overflow.name, minutes: Math.round(group.overflow_after / 60) } };
  if (!group.is_open) return { tone: "warn", key: group.opens_at ? "transfer.closedUntil" : "transfer.closed", values: { name, at: group.opens_at } };
  return { tone: "warn", key: "transfer.queued", values: { name } };
}

/** @param {any} chat @param {any} operator as the feed has them @returns {Outcome} */
export function toOperator(chat, operator, { groups, canForce }) {
  const { name, load, capacity, presence, free } = operator;
  const isFull = load === null ? presence === "online" && free === 0 : load >= capacity;
  if (operator.id === chat.operator?.id) return { tone: "info", key: "transfer.alreadyHis", values: { name } };
  if (presence === "offline") {
    return canForce
      ? { tone: "warn", key: "transfer.offlineForce", values: { name }, needsForce: true }
      : { tone: "danger", key: "transfer.offline", values: { name }, isBlocked: true };
  }
  if (isFull && !chat.snoozed_until) {
    const group = groups.find(({ id }) => id === chat.group?.id);
    const mayExceed = canForce && (!group || group.may_exceed_capacity);
    return mayExceed
      ? { tone: "warn", key: load === null ? "transfer.fullForceSomehow" : "transfer.fullForce", values: { name, load }, needsForce: true }
      : { tone: "danger", key: load === null ? "transfer.fullSomehow" : "transfer.full", values: { name, load }, isBlocked: true };
  }
  if (presence === "away") return { tone: "warn", key: "transfer.away", values: { name } };
  return { tone: "good", key: "transfer.getsIt", values: { name } };
}

export const isIn = (operator, groupId) => operator.groups.some(({ id }) => id === groupId);
const canTake = (operator) => operator.presence === "online" && operator.free > 0 && operator.role !== "auditor";
