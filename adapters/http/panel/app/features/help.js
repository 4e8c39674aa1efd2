/** The sheet of shortcuts and the palette: both read the registry of acts, and hold nothing of their own. */
import { addActs, allActs, canDo, perform } from "../acts.js";
import { overlays } from "../extend.js";
import { html, signal } from "../html.js";
import { t } from "../i18n.js";
import { keysOf } from "../keys.js";
import { Avatar, Combobox, Dialog, Icon, Keys } from "../kit/index.js";
import { showOnly } from "../inbox/narrowed.js";
import { lists } from "../state/lists.js";
import { groups, operators } from "../state/people.js";
import { go } from "../state/route.js";
import { canSupervise, recado } from "../state/session.js";

const MOST = 9;
const opened = signal(null);
const close = () => (opened.value = null);

addActs(
  { id: "panel.palette", label: "act.palette", group: "group.panel", icon: "command", keys: ["Mod+k"], inFields: true, unlisted: true, run: () => (opened.value = "palette") },
  { id: "panel.shortcuts", label: "act.shortcuts", group: "group.panel", icon: "keyboard", keys: ["?"], run: () => (opened.value = "shortcuts") },
);

overlays.add({
  id: "help",
  component: () => {
    if (opened.value === "shortcuts") return html`<${Shortcuts} />`;
    return opened.value === "palette" && html`<${Palette} />`;
  },
});

function Shortcuts() {
  const acts = allActs().filter((act) => keysOf(act).length && !(act.isFleeting && !canDo(act.id)));
  const groups = [...new Set(acts.map(({ group }) => group))];
  return html`<${Dialog} title=${t("act.shortcuts")} size="l" onClose=${close}>
    <p class="soft">${t("shortcuts.lead")}</p>
    <div class="shortcuts">
      ${groups.map((group) => html`<section key=${group}><h3>${t(group)}</h3>
        <dl>${acts.filter((act) => act.group === group).map((act) => html`<div key=${act.id}><dt>${t(act.label)}</dt><dd>${keysOf(act).map((keys) => html`<${Keys} keys=${keys} />`)}</dd></div>`)}</dl>
      </section>`)}
    </div>
  <//>`;
}

function Palette() {
  const choose = (option) => {
    close();
    // Once the dialog is gone and the focus is back where it was.
    setTimeout(option.run);
  };
  return html`<${Dialog} title=${t("act.palette")} onClose=${close} class="palette">
    <${Combobox} hideLabel label=${t("act.palette")} placeholder=${t("palette.placeholder")} find=${find} onChoose=${choose} autofocus />
  <//>`;
}

async function find(text) {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const says = (label) => words.every((word) => fold(label).includes(word));
  const acts = allActs().filter((act) => !act.unlisted && canDo(act.id)).map((act) => ({
    id: act.id, label: t(act.label), detail: t(act.group), icon: act.icon ?? "zap", run: () => perform(act.id),
    after: keysOf(act)[0] && html`<${Keys} keys=${keysOf(act)[0]} />`,
  }));
  const places = lists.value.map((list) => ({
    id: `list.${list.id}`, label: list.label ? t(list.label) : list.name, detail: t("group.around"), icon: list.icon, run: () => go("inbox", list.id),
  }));
  const found = [...acts, ...places, ...colleagues()].filter(({ label }) => says(label));
  return words.length ? [...found.slice(0, 5), ...(await chatsThatSay(text))].slice(0, MOST) : found.slice(0, MOST);
}

/** People and groups, whose chats are shown to those who see them. */
function colleagues() {
  if (!canSupervise.value) return [];
  const of = (kind, icon) => ({ id, name }) => ({ id: `${kind}.${id}`, label: name, detail: t("palette.theirChats"), icon, run: () => showOnly({ [kind]: id }, name) });
  return [...operators.value.map(of("operator", "user")), ...groups.value.map(of("group", "users"))];
}

async function chatsThatSay(q) {
  try {
    const { items } = await recado.chats({ q, limit: MOST });
    return items.map((chat) => ({
      id: chat.id, label: chat.client.name ?? t("chat.noName"), detail: chat.last_message?.text ?? "",
      before: html`<${Avatar} name=${chat.client.name} size="s" />`, after: html`<${Icon} name="message-circle" />`,
      run: () => go("inbox", "all", chat.id),
    }));
  } catch {
    return [];
  }
}

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
