/** Passing chats on, and taking them: the acts, and the dialog. */
import { addActs } from "../acts.js";
import { overlays } from "../extend.js";
import { html, signal } from "../html.js";
import { addWords, t } from "../i18n.js";
import { chatAtHand } from "../inbox/picking.js";
import { attempt, toast } from "../kit/index.js";
import { canAct, canSupervise, me, recado } from "../state/session.js";
import { TransferDialog } from "../transfer/dialog.js";
import words from "../words/transfer.js";

addWords(words);

/** The chat that is being passed on. */
const passing = signal(null);
const current = () => chatAtHand.value;
const isOpen = () => canAct.value && current() && !current().closed_at;
const isMine = () => current()?.operator?.id === me.value.id;

async function takeOver(chat) {
  const before = chat.operator;
  const done = await attempt(() => recado.transfer(chat.id, { operator: "me", force: true }));
  const undo = { label: t("kit.undo"), run: () => attempt(() => recado.transfer(chat.id, { operator: before.id, force: true })) };
  if (done) toast(t("transfer.tookOver", { name: before.name }), { tone: "good", action: undo });
}

addActs(
  { id: "chat.transfer", label: "transfer.act", group: "group.chat", icon: "arrow-right-left", keys: ["t"], when: () => isOpen() && (isMine() || canSupervise.value || !current().operator), run: () => (passing.value = current()) },
  { id: "chat.takeOver", label: "transfer.takeOver", group: "group.chat", icon: "hand", keys: ["i"], when: () => isOpen() && canSupervise.value && Boolean(current().operator) && !isMine(), run: () => takeOver(current()) },
);

overlays.add({ id: "transfer", component: () => passing.value && html`<${TransferDialog} key=${passing.value.id} chat=${passing.value} onClose=${() => (passing.value = null)} />` });
