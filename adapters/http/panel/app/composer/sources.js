/** The three completions that come with the panel: templates, colleagues, emoji. */
import { completions } from "../extend.js";
import { html } from "../html.js";
import { language, t } from "../i18n.js";
import { Avatar, Icon } from "../kit/index.js";
import { groups, operators } from "../state/people.js";
import { draftOf } from "../state/drafts.js";
import { me, recado } from "../state/session.js";
import { emojiThatSay } from "./emoji.js";

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase(language.value);
const mentionsIn = (chat) => draftOf(chat.id, "comment").value.mentions;

completions.add({
  id: "templates", trigger: "/", modes: ["reply", "comment"], spaces: true, holds: true, none: "composer.noTemplate",
  async find(typed, chat) {
    const { items } = await recado.get("/v1/templates", { q: typed || null, chat: chat.id, limit: 8 });
    return items.map(({ id, code, title, text, filled, attachments }) => ({
      id, label: `/${code}`, detail: title || text, icon: "zap", says: filled?.text ?? text,
      choose: async () => ({ text: filled?.text ?? text, changes: { template: id }, files: attachments.map(({ sha256, ...file }) => ({ ...file, id: sha256 })) }),
    }));
  },
  preview: async ({ says }) => says,
});

completions.add({
  id: "mentions", trigger: "@", modes: ["comment"],
  async find(typed, chat) {
    const says = ({ name }) => fold(name).includes(fold(typed));
    const mention = (kind) => ({ id, name }) => ({ text: `@${name} `, changes: { mentions: [...mentionsIn(chat), { kind, id, name }] } });
    const people = operators.value.filter((one) => one.id !== me.value.id && says(one)).map((one) => ({
      id: one.id, label: one.name, detail: t(`presence.${one.presence}`), before: html`<${Avatar} name=${one.name} presence=${one.presence} size="s" />`,
      choose: async () => mention("operator")(one),
    }));
    const teams = groups.value.filter(says).map((one) => ({ id: one.id, label: one.name, before: html`<${Icon} name="users" />`, choose: async () => mention("group")(one) }));
    return [...people, ...teams];
  },
});

completions.add({
  id: "emoji", trigger: ":", modes: ["reply", "comment"], least: 2,
  find: async (typed) => (await emojiThatSay(typed)).map(({ emoji, annotation }) => ({
    id: emoji, label: annotation, before: html`<span class="emoji" aria-hidden="true">${emoji}</span>`, choose: async () => ({ text: emoji }),
  })),
});
