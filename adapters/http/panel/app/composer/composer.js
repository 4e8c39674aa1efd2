/**
 * Where one writes. Two tabs, reply and comment, that never cross: each has its own draft, colour
 * and button, and a comment goes by another way of the API than a message.
 */
import { addActs } from "../acts.js";
import { cls, html, signal, useEffect, useId, useLayoutEffect, useRef, useState } from "../html.js";
import { composerTools } from "../extend.js";
import { addWords, lasting, t } from "../i18n.js";
import { ActButton, Badge, Banner, Button, Icon, Tabs } from "../kit/index.js";
import { tellTyping } from "../state/company.js";
import { catchUp, clear, draftOf, isEmpty, write } from "../state/drafts.js";
import { now } from "../state/now.js";
import { onReturn, post } from "../state/outbox.js";
import { channelOf } from "../state/people.js";
import { prefs } from "../state/prefs.js";
import { chatId } from "../state/route.js";
import { canAct, me } from "../state/session.js";
import { chatAtHand } from "../inbox/picking.js";
import words from "../words/composer.js";
import { AttachButton, Files, useFiles } from "./attaching.js";
import { Completing, useCompleting } from "./completing.js";
import { EmojiButton } from "./emoji.js";
import { composerIs, focusComposer } from "./focus.js";

addWords(words);

/** chat → reply or comment, where the operator chose. */
const modes = signal(new Map());
const UNRESOLVED = /\{\{\s*([^{}]*?)\s*\}\}/g;

const isMine = (chat) => chat.operator?.id === me.value.id;

/** Return what is being written: in another's chat and in nobody's, always a comment. */
const modeOf = (chat) => (isMine(chat) && !chat.closed_at ? modes.value.get(chat.id) ?? "reply" : "comment");

export function setMode(chat, mode) {
  modes.value = new Map(modes.value).set(chat.id, mode);
  focusComposer();
}

const unresolvedIn = (text) => [...new Set([...text.matchAll(UNRESOLVED)].map(([, name]) => name))];

/** Return until when the channel takes free answers, in milliseconds; null for as long as one likes (M10). */
function windowEnd(chat) {
  const seconds = channelOf(chat.channel.id)?.can?.reply_window;
  if (!seconds) return null;
  return Date.parse(chat.last_client_at ?? chat.opened_at) + seconds * 1000;
}

export function Composer({ chat, view }) {
  if (!canAct.value) return null;
  const mode = modeOf(chat);
  return html`<${Writing} key=${`${chat.id} ${mode}`} chat=${chat} view=${view} mode=${mode} />`;
}

function Writing({ chat, view, mode }) {
  const draft = draftOf(chat.id, mode);
  const { text, attachments, replyTo } = draft.value;
  const [isNewer, setNewer] = useState(false);
  const field = useRef(null);
  const panel = useId();
  const channel = channelOf(chat.channel.id);
  const change = (changes) => write(chat.id, mode, changes);
  const files = useFiles({ chat, mode, draft, channel });
  const completing = useCompleting({ field, chat, mode, change });
  const end = mode === "reply" ? windowEnd(chat) : null;
  const isOver = end !== null && end <= now.value;
  const missing = mode === "reply" ? unresolvedIn(text) : [];
  const tooLong = mode === "reply" && channel?.can?.max_text ? Math.max(0, [...text].length - channel.can.max_text) : 0;
  const canSend = !isEmpty(draft.value) && !missing.length && !tooLong && !isOver && !files.isBusy;

  useEffect(() => {
    composerIs(field.current);
    catchUp(chat.id, mode);
  }, []);
  useGrowing(field, text);
  useEffect(() => onReturn((pending, why) => {
    if (pending.chat !== chat.id || pending.mode !== mode) return;
    const held = draftOf(chat.id, mode).value;
    const both = [pending.text, held.text].filter(Boolean).join("\n");
    change({ ...pending.draft, text: both, attachments: [...pending.attachments, ...held.attachments] });
    setNewer(why === "newer");
    focusComposer();
  }), []);

  const send = () => {
    if (!canSend) return;
    const seen = [...view.items.values()].map(({ seq }) => seq);
    const lastSeq = view.isLoaded.value ? Math.max(0, ...seen) : chat.last_seq;
    post({
      chat: chat.id, mode, text: text.trim(), attachments, lastSeq, template: draft.value.template, replyTo: replyTo?.seq ?? null,
      mentions: draft.value.mentions.filter(({ name }) => text.includes(`@${name}`)).map(({ kind, id }) => ({ [kind]: id })),
      draft: draft.value,
    });
    clear(chat.id, mode);
    setNewer(false);
    field.current.focus();
  };
  const onInput = (event) => {
    change({ text: event.currentTarget.value });
    tellTyping(chat.id, mode);
    completing.look();
  };
  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229 || event.key === "Dead") return;
    if (completing.onKey(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      field.current.blur();
      document.querySelector(".list-pane .virtual")?.focus();
    } else if (event.key === "Enter" && isSending(event)) {
      event.preventDefault();
      send();
    }
  };
  const tabs = [
    { id: "reply", label: t("composer.reply"), icon: "message-circle" },
    { id: "comment", label: t("composer.comment"), icon: "lock", class: "tab-comment" },
  ];
  return html`<section class=${cls("composer", `composer-${mode}`, files.isOver && "composer-drop")} ...${files.drop}>
    ${isNewer && html`<${Banner} tone="warn">${t("composer.newer")}<//>`}
    <div class="composer-head">
      ${isMine(chat) && !chat.closed_at
        ? html`<${Tabs} label=${t("composer.modes")} tabs=${tabs} value=${mode} panel=${panel} onChange=${(id) => setMode(chat, id)} />`
        : html`<p class="composer-note"><${Icon} name="lock" size=${15} /> ${note(chat)}</p>`}
      <span class="grow"></span>
      ${end !== null && !isOver && end - now.value < 12 * 3_600_000 && html`<${Badge} tone="warn" icon="clock" title=${t("composer.windowLeft", { time: lasting(end - now.value) })}>${lasting(end - now.value)}<//>`}
      ${!isMine(chat) && html`<${ActButton} act="chat.pull" size="s" /><${ActButton} act="chat.reopen" size="s" />`}
    </div>
    ${isOver && html`<${Banner} tone="warn" icon="clock-alert" action=${html`<${ActButton} act="composer.approved" size="s" />`}>${t("composer.windowOver")}<//>`}
    ${replyTo && html`<p class="composer-quote"><${Icon} name="reply" size=${15} /><span class="one-line grow">${t("composer.quoting", { text: replyTo.text })}</span>
      <${Button} size="s" kind="quiet" iconOnly icon="x" label=${t("composer.unquote")} onClick=${() => change({ replyTo: null })} /></p>`}
    <div class="composer-field" id=${panel}>
      <textarea ref=${field} rows="2" value=${text} disabled=${isOver && mode === "reply"} dir="auto" spellcheck="true"
        aria-label=${mode === "reply" ? t("composer.replyTo", { name: chat.client.name ?? t("chat.noName") }) : t("composer.comment")}
        placeholder=${t(mode === "reply" ? "composer.replyHint" : "composer.commentHint")}
        onInput=${onInput} onKeyDown=${onKeyDown} onPaste=${files.onPaste} onClick=${completing.look} onBlur=${completing.close} ...${completing.aria}></textarea>
      <${Completing} ...${completing} field=${field} />
    </div>
    <${Files} files=${files} />
    ${missing.length > 0 && html`<p class="composer-missing" role="alert">${t("composer.unresolved")} ${missing.map((name) => html`<${Badge} key=${name} tone="danger">${name}<//>`)}</p>`}
    ${tooLong > 0 && html`<p class="composer-missing" role="alert">${t("composer.tooLong", { n: tooLong })}</p>`}
    <div class="composer-bar">
      <${AttachButton} files=${files} /><${EmojiButton} insert=${completing.insert} />
      ${mode === "reply" && html`<${Button} kind="quiet" iconOnly icon="zap" label=${t("composer.template")} shortcut="/" onClick=${() => completing.insert("/", { open: true })} />`}
      ${composerTools.all.map(({ id, component: Tool }) => html`<${Tool} key=${id} chat=${chat} mode=${mode} draft=${draft.value} />`)}
      <span class="grow"></span>
      <${Button} kind=${mode === "reply" ? "primary" : "comment"} icon=${mode === "reply" ? "send" : "lock"} label=${t(mode === "reply" ? "composer.send" : "composer.doComment")}
        shortcut=${prefs.value.enterSends ? "↵" : "Ctrl+↵"} disabled=${!canSend} onClick=${send} />
    </div>
    ${files.isOver && html`<p class="composer-dropping"><${Icon} name="paperclip" size=${22} /> ${t("composer.drop")}</p>`}
  </section>`;
}

function note(chat) {
  if (chat.closed_at) return t("composer.closed");
  return chat.operator ? t("composer.others", { name: chat.operator.name }) : t("composer.pullFirst");
}

/** Ctrl+Enter always sends, Enter where the operator wants it so, Shift+Enter never. */
function isSending(event) {
  if (event.ctrlKey || event.metaKey) return true;
  return prefs.value.enterSends && !event.shiftKey && !event.altKey;
}

/** Let a field be as high as what is written in it, up to a third of the window. */
function useGrowing(field, text) {
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight + 2, innerHeight / 3)}px`;
  }, [text]);
}

const canWrite = () => canAct.value && chatId.value !== null && chatAtHand.value !== null;
const canReply = () => canWrite() && isMine(chatAtHand.value) && !chatAtHand.value.closed_at;

addActs(
  { id: "composer.reply", label: "composer.write", group: "group.writing", icon: "message-circle", keys: ["r"], when: canReply, run: () => setMode(chatAtHand.value, "reply") },
  { id: "composer.comment", label: "composer.writeComment", group: "group.writing", icon: "lock", keys: ["n"], when: canWrite, run: () => setMode(chatAtHand.value, "comment") },
  { id: "composer.attach", label: "composer.attach", group: "group.writing", icon: "paperclip", keys: ["Mod+Shift+a"], inFields: true, when: canWrite, run: () => document.querySelector(".composer input[type=file]")?.click() },
);
