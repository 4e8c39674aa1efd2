/**
 * How a chat came to who has it: assignments with their reasons (R12), and what people did by hand.
 *
 * @typedef {{at: string, version: number, operator: {id: string, name: string}, key: string, by: string|null,
 *   comment: string|null, policy?: string, policyVersion?: number, position?: number, candidates: any[], notListed: object}} Way
 */
import { t } from "../i18n.js";
import { operatorOf } from "../state/people.js";

const BY_POLICY = new Set(["least_busy", "round_robin", "most_skilled", "sticky", "pulled", "assigned"]);

/** Return the ways, the last first. @param {any[]} assignments @param {any[]} events of the chat's history @returns {Way[]} */
export function waysOf(assignments, events) {
  const others = events.map(wayOfEvent).filter(Boolean);
  return [...assignments.map(wayOfAssignment), ...others].sort((a, b) => b.version - a.version);
}

function wayOfAssignment(given) {
  const { policy, policy_version: policyVersion, position, candidates, not_listed: notListed, operator, at, version } = given;
  const isByHand = policy === "pulled" || policy === "assigned";
  return {
    at, version, operator, by: personOf(given.actor), comment: null, candidates, notListed,
    key: BY_POLICY.has(policy) ? `why.${policy}` : "why.otherPolicy",
    ...(isByHand ? {} : { policy, policyVersion, position }),
  };
}

function wayOfEvent({ topic, data, at, version, actor, said }) {
  const to = { "chat-transferred.v1": data.to_operator, "chat-reopened.v1": data.operator_id }[topic];
  if (!to) return null;
  const key = topic === "chat-reopened.v1" ? "why.reopened" : data.forced ? "why.forced" : "why.transferred";
  return { at, version, operator: { id: to, name: operatorOf(to)?.name }, key, by: personOf(actor), comment: said, candidates: [], notListed: {} };
}

/** Return the name of an actor as events have it: `operator:…`, `router`, a channel. */
export function personOf(actor) {
  const [kind, id] = (actor ?? "").split(":");
  return kind === "operator" ? operatorOf(id)?.name ?? null : null;
}

/** Return a way as a sentence. */
export const sentenceOf = (way) =>
  t(way.key, { name: way.operator.name ?? t("why.somebody"), by: way.by ?? t("why.somebody"), policy: way.policy });
