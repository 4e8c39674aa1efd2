/** Groups: how long their clients may wait, who gets their chats, and what happens when nobody is there (R9). */
import { html } from "../../html.js";
import { number, t } from "../../i18n.js";
import { groups, loadGroups } from "../../state/people.js";
import { Records } from "./records.js";

export const POLICIES = ["least_busy", "round_robin", "most_skilled"];
const ABSENT = ["queue", "refuse", "overflow"];
const policies = () => [{ value: "", label: t("group.asAccount") }, ...POLICIES.map((value) => ({ value, label: t(`policy.${value}`) }))];
const others = (item) => groups.value.filter(({ id }) => id !== item?.id).map(({ id, name }) => ({ value: id, label: name }));
const isOverflow = ({ on_nobody_online: what }) => what === "overflow";

const WHAT = {
  path: "/v1/groups",
  one: "groups.one",
  icon: "users",
  columns: [
    { label: "groups.name", cell: (item) => item.name },
    { label: "groups.members", cell: (item) => number(item.members) },
    { label: "groups.patience", cell: (item) => (item.patience === null ? t("group.asAccount") : t("group.minutes", { n: number(item.patience / 60) })) },
    { label: "groups.policy", cell: (item) => (item.policy ? t(`policy.${item.policy}`) : t("group.asAccount")) },
    { label: "groups.absent", cell: (item) => t(`absent.${item.on_nobody_online}`) },
  ],
  fields: (item) => [
    { name: "name", label: "groups.name", kind: "text", required: true },
    ...(item ? [
      { name: "patience", label: "groups.patience", kind: "minutes", help: "groups.patienceHelp" },
      { name: "policy", label: "groups.policy", kind: "select", options: policies },
      { name: "answer_within", label: "groups.answerWithin", kind: "minutes", help: "groups.answerHelp" },
      { name: "on_nobody_online", label: "groups.absent", kind: "select", options: () => ABSENT.map((value) => ({ value, label: t(`absent.${value}`) })) },
      { name: "overflow_to", label: "groups.overflowTo", kind: "select", when: isOverflow, options: () => [{ value: "", label: "–" }, ...others(item)] },
      { name: "overflow_after", label: "groups.overflowAfter", kind: "minutes", when: isOverflow },
      { name: "may_exceed_capacity", label: "groups.mayExceed", kind: "switch", help: "groups.mayExceedHelp" },
    ] : []),
  ],
  values: (item) => item ?? { name: "" },
  body: (values, item) => {
    if (!item) return { name: values.name };
    const { name, patience, policy, answer_within, on_nobody_online, may_exceed_capacity } = values;
    const overflow = isOverflow(values) ? { overflow_to: values.overflow_to, overflow_after: values.overflow_after } : {};
    return { name, patience, policy, answer_within, on_nobody_online, may_exceed_capacity, ...overflow };
  },
  mayRemove: () => false,
  then: loadGroups,
};

export const Groups = () => html`<${Records} of=${WHAT} />`;
