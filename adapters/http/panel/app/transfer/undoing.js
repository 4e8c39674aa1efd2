/** Taking a transfer back, by whoever may still see the chat. */
import { t } from "../i18n.js";
import { attempt } from "../kit/index.js";
import { chatId, go, listId } from "../state/route.js";
import { canSupervise, me, recado } from "../state/session.js";

/** Return the action of a toast; undefined where one sees the chat no more. */
export function offerUndo(chat, { group }) {
  const before = chat.operator?.id;
  const isOurs = group && me.value.groups.some(({ id }) => id === group.id);
  if (!canSupervise.value && !(isOurs && before === me.value.id)) return undefined;
  if (!canSupervise.value) return { label: t("kit.undo"), run: () => attempt(() => recado.pull(chat.id)) };
  const back = before ? { operator: before, force: true } : chat.group && { group: chat.group.id };
  return back ? { label: t("kit.undo"), run: () => attempt(() => recado.transfer(chat.id, back)) } : undefined;
}

/** Go back to the list from a chat that an operator has passed on. */
export function leaveChat(chat) {
  if (chatId.value === chat.id && !canSupervise.value) go("inbox", listId.value);
}
