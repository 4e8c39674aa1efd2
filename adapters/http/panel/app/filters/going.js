/** What is under way with filters: being built, being saved, tabs being put in order. */
import { signal } from "@preact/signals";
import { t } from "../i18n.js";
import { attempt, confirmed, toast } from "../kit/index.js";
import { go, listId } from "../state/route.js";
import { recado } from "../state/session.js";
import { loadTabs } from "./state.js";

/** `{group}` for the filter of the list, `{tab}` for one that is saved; null for none. */
export const editing = signal(null);
/** `{group}` to be saved, `{tab}` to be named otherwise; null for none. */
export const saving = signal(null);
export const orderingTabs = signal(false);

export async function removeTab(tab) {
  const yes = await confirmed({ title: t("filters.removeTitle", { name: tab.name }), text: t(tab.shared === "personal" ? "filters.removeText" : "filters.removeShared"), yes: t("filters.remove"), danger: true });
  if (!yes) return;
  const done = await attempt(() => recado.act("DELETE", `/v1/filters/${encodeURIComponent(tab.id)}`, undefined));
  if (!done) return;
  if (listId.value === tab.id) go("inbox", "new");
  await attempt(() => loadTabs(done.position));
  toast(t("filters.removed", { name: tab.name }), { tone: "good" });
}
