/** Passing a chat on, with a comment, in one act (R9). */
import { Fragment, html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { dayAndTime, t } from "../i18n.js";
import { Banner, Button, Dialog, Field, Picker, tellProblem, toast } from "../kit/index.js";
import { keyName } from "../keys.js";
import { groups, loadGroups, operators } from "../state/people.js";
import { prefs } from "../state/prefs.js";
import { accountSettings, loadSettings } from "../state/settings.js";
import { canSupervise, me, recado } from "../state/session.js";
import { hasNews } from "./news.js";
import { toGroup, toOperator } from "./outcome.js";
import { targets } from "./targets.js";
import { leaveChat, offerUndo } from "./undoing.js";

/** @param {{chat: any, onClose: () => void}} props */
export function TransferDialog({ chat, onClose }) {
  const [chosen, setChosen] = useState(null);
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const version = useRef(chat.version);
  const field = useRef(null);
  useEffect(() => void Promise.all([loadGroups(), loadSettings()]).catch(() => {}), []);
  useLayoutEffect(() => chosen && field.current?.focus(), [chosen?.id]);
  const house = { operators: operators.value, groups: groups.value, settings: accountSettings.value, me: me.value, canForce: canSupervise.value };
  const outcome = chosen && outcomeOf(chosen, chat, house);
  const canSend = chosen && !outcome.isBlocked;

  const send = async () => {
    if (!canSend || busy) return;
    setBusy(true);
    setProblem(null);
    const target = { ...chosen.target, comment: comment.trim() || null, force: Boolean(outcome.needsForce) };
    try {
      await transferOver(chat.id, target, version);
      onClose();
      toast(t(chosen.group ? "transfer.doneGroup" : "transfer.doneOperator", { name: (chosen.group ?? chosen.operator).name }), { tone: "good", action: offerUndo(chat, chosen) });
      leaveChat(chat);
    } catch (refused) {
      if (!("status" in refused)) throw refused;
      if (refused.isPassing) tellProblem(refused);
      else setProblem(refused);
    } finally {
      setBusy(false);
    }
  };
  const onKeyDown = (event) => {
    const key = keyName(event);
    if (key !== "Mod+Enter" && !(key === "Enter" && prefs.value.enterSends)) return;
    event.preventDefault();
    send();
  };
  const footer = html`<${Button} label=${t("kit.cancel")} onClick=${onClose} />
    <${Button} kind="primary" icon="arrow-right-left" label=${t(outcome?.needsForce ? "transfer.force" : "transfer.go")} busy=${busy} disabled=${!canSend} onClick=${send} />`;
  return html`<${Dialog} title=${t("transfer.title", { name: chat.client.name ?? t("chat.noName") })} onClose=${onClose} footer=${footer} class="transfer">
    ${chosen
      ? html`<${Chosen} option=${chosen} onChange=${() => (setChosen(null), setProblem(null))} />
        <${Forecast} outcome=${outcome} />
        <${Field} as="textarea" rows="3" refer=${field} label=${t("transfer.comment")} help=${t(prefs.value.enterSends ? "transfer.commentEnter" : "transfer.commentHelp")}
          value=${comment} onInput=${(event) => setComment(event.currentTarget.value)} onKeyDown=${onKeyDown} class="transfer-comment" />`
      : html`<${Picker} label=${t("transfer.to")} placeholder=${t("transfer.find")} fresh=${operators.value} empty=${t("transfer.nobody")}
          find=${(text) => targets(text, { ...house, chat, meId: me.value.id })} onChoose=${setChosen} />`}
    ${problem && html`<${Refusal} problem=${problem} />`}
  <//>`;
}

const outcomeOf = (option, chat, house) => (option.group ? toGroup(chat, option.group, house) : toOperator(chat, fresh(option.operator, house), house));
const fresh = (operator, { operators: all }) => all.find(({ id }) => id === operator.id) ?? operator;

/** Pass it on; where only reads and deliveries happened meanwhile, as if they had been seen. */
async function transferOver(id, target, version) {
  for (;;) {
    try {
      return await recado.transfer(id, target, { ifMatch: version.current });
    } catch (problem) {
      if (problem.code !== "chat_moved_on") throw problem;
      version.current = problem.facts.version;
      if (hasNews(problem.facts.new)) throw problem;
    }
  }
}

function Chosen({ option, onChange }) {
  return html`<div class="transfer-chosen">
    ${option.before}<span class="option-text"><strong>${option.label}</strong><small>${option.detail}</small></span>${option.after}
    <${Button} size="s" kind="quiet" icon="pencil" label=${t("transfer.change")} onClick=${onChange} />
  </div>`;
}

function Forecast({ outcome: { tone, key, values } }) {
  const said = values.at ? { ...values, at: dayAndTime(values.at) } : values;
  return html`<div class="transfer-outcome" aria-live="polite"><${Banner} tone=${tone}>${t(key, said)}<//></div>`;
}

/** What the service said, and what can be done about it. */
function Refusal({ problem }) {
  const { code } = problem;
  const news = code === "chat_moved_on" ? hasNews(problem.facts.new) : null;
  const hints = { operator_is_full: "transfer.hintFull", nobody_online: "transfer.hintNobody", operator_is_not_available: "transfer.hintOffline", not_found: "transfer.hintGone", chat_is_closed: "transfer.hintGone" };
  return html`<${Banner} tone="danger"><strong>${problem.message}</strong>${news ? html`<${Fragment}> ${t("transfer.hintNews", { n: news })}<//>` : hints[code] && html` ${t(hints[code])}`}<//>`;
}
