/** Giving tags to a chat and taking them away. */
import { html, useEffect, useState } from "../html.js";
import { number, t } from "../i18n.js";
import { attempt, Badge, Dialog, Icon, Picker } from "../kit/index.js";
import { fold } from "../state/folding.js";
import { recado } from "../state/session.js";

/** @param {{chat: any, onClose: () => void}} props */
export function TagsDialog({ chat, onClose }) {
  const [known, setKnown] = useState([]);
  const [given, setGiven] = useState(chat.tags);
  useEffect(() => void recado.get("/v1/tags").then(({ items }) => setKnown(items), () => {}), []);
  useEffect(() => setGiven(chat.tags), [chat.tags.join("\n")]);
  const find = (text) => {
    const all = known.filter((tag) => !tag.removed || given.includes(tag.name));
    const found = all.filter(({ name }) => fold(name).includes(fold(text.trim()))).map((tag) => ({
      id: tag.name, label: tag.name, icon: given.includes(tag.name) ? "check" : "tag", after: tag.chats > 0 && html`<${Badge}>${number(tag.chats)}<//>`,
    }));
    const isNew = text.trim() && !all.some(({ name }) => fold(name) === fold(text.trim()));
    return isNew ? [...found, { id: "+", label: t("tags.make", { name: text.trim() }), icon: "plus", name: text.trim() }] : found;
  };
  const turn = async ({ name, label }) => {
    const tag = name ?? label;
    const isGiven = given.includes(tag);
    setGiven(isGiven ? given.filter((one) => one !== tag) : [...given, tag]);
    const done = await attempt(() => recado.on(chat.id, "tags", isGiven ? { remove: [tag] } : { add: [tag] }));
    if (!done) setGiven(chat.tags);
  };
  return html`<${Dialog} title=${t("tags.title", { name: chat.client.name ?? t("chat.noName") })} size="s" onClose=${onClose}>
    ${given.length > 0 && html`<p class="chips">${given.map((tag) => html`<button key=${tag} type="button" class="chip" aria-label=${t("tags.remove", { name: tag })} onClick=${() => turn({ name: tag })}>${tag} <${Icon} name="x" size=${13} /></button>`)}</p>`}
    <${Picker} label=${t("tags.find")} hideLabel placeholder=${t("tags.find")} find=${find} fresh=${`${known.length} ${given.join()}`} onChoose=${turn} keep />
  <//>`;
}
