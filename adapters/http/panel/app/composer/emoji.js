/** Emoji with their names in the operator's language; the list is fetched when it is first wanted. */
import { html, root, useEffect, useRef, useState } from "../html.js";
import { language, t } from "../i18n.js";
import { Button, Popover } from "../kit/index.js";

const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9]; // As CLDR numbers them; 2 holds parts of others.
const SIGNS = { 0: "😀", 1: "👋", 3: "🌳", 4: "🍎", 5: "🏠", 6: "⚽", 7: "💡", 8: "❤️", 9: "🏁" };
const KEPT = "recado.emoji";
const MOST_RECENT = 24;
const MOST_FOUND = 60;
const lists = new Map();

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** All emoji: `{emoji, annotation, tags, group}`. */
function allEmoji() {
  const tag = language.value.split("-")[0];
  if (!lists.has(tag)) lists.set(tag, import(`${root}/vendor/emoji-picker-element-data/${tag}/cldr/data.json`, { with: { type: "json" } }).then((module) => module.default));
  return lists.get(tag);
}

/** Those whose name or tags begin with what is typed, names first. */
export async function emojiThatSay(typed, most = MOST_FOUND) {
  const wanted = fold(typed);
  const all = await allEmoji();
  const named = all.filter(({ annotation }) => fold(annotation).split(/[\s_-]+/).some((word) => word.startsWith(wanted)));
  const tagged = all.filter((one) => !named.includes(one) && one.tags?.some((tag) => fold(tag).startsWith(wanted)));
  return [...named, ...tagged].slice(0, most);
}

function recent() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

const remember = (one) => localStorage.setItem(KEPT, JSON.stringify([one, ...recent().filter(({ emoji }) => emoji !== one.emoji)].slice(0, MOST_RECENT)));

export function EmojiButton({ insert }) {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef(null);
  const choose = (one) => {
    remember({ emoji: one.emoji, annotation: one.annotation });
    setOpen(false);
    insert(one.emoji);
  };
  return html`<${Button} refer=${anchor} kind="quiet" iconOnly icon="smile" label=${t("composer.emoji")} shortcut=":" aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setOpen(!isOpen)} />
    ${isOpen && html`<${Popover} anchor=${anchor} label=${t("composer.emoji")} role="dialog" class="emoji-box" onClose=${() => setOpen(false)}><${Choice} choose=${choose} /><//>`}`;
}

function Choice({ choose }) {
  const [all, setAll] = useState([]);
  const [text, setText] = useState("");
  const [group, setGroup] = useState(recent().length ? -1 : 0);
  const [found, setFound] = useState([]);
  useEffect(() => {
    allEmoji().then(setAll, () => {});
  }, []);
  useEffect(() => {
    if (text) emojiThatSay(text).then(setFound, () => {});
  }, [text]);
  const shown = text ? found : group < 0 ? recent() : all.filter((one) => one.group === group);
  const title = group < 0 ? t("emoji.recent") : t(`emoji.${group}`);
  return html`
    <input class="input" type="search" aria-label=${t("emoji.search")} placeholder=${t("emoji.search")} value=${text} onInput=${(event) => setText(event.currentTarget.value)} />
    <div class="emoji-groups">${GROUPS.map((number) => html`<button key=${number} type="button" class="emoji" aria-pressed=${group === number && !text ? "true" : "false"} aria-label=${t(`emoji.${number}`)} data-tip=${t(`emoji.${number}`)} onClick=${() => (setGroup(number), setText(""))}>${SIGNS[number]}</button>`)}</div>
    <div class="emoji-grid" role="group" aria-label=${title}>
      ${shown.map((one) => html`<button key=${one.emoji} type="button" class="emoji" aria-label=${one.annotation} data-tip=${one.annotation} onClick=${() => choose(one)}>${one.emoji}</button>`)}
    </div>`;
}
