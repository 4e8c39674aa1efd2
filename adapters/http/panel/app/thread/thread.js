/** The conversation: its head, what was said, and where one writes. */
import { html, useCallback, useEffect, useState } from "../html.js";
import { threadHeads } from "../extend.js";
import { addWords, listing, t } from "../i18n.js";
import { Channel } from "../inbox/list.js";
import { chatAtHand, note, shownRows } from "../inbox/picking.js";
import { ActButton, Avatar, Badge, Button, Empty, Icon, Menu, Skeleton } from "../kit/index.js";
import { actOf, canDo, perform } from "../acts.js";
import { keysOf } from "../keys.js";
import { Composer } from "../composer/composer.js";
import { companyIn, tellViewing } from "../state/company.js";
import { chatFromLists, sectionOf } from "../state/lists.js";
import { watch } from "../state/live.js";
import { operatorOf } from "../state/people.js";
import { go, listId } from "../state/route.js";
import { foresee, watchMessages } from "../state/said.js";
import { me, recado } from "../state/session.js";
import { write } from "../state/drafts.js";
import { focusComposer } from "../composer/focus.js";
import { finding, stopFinding } from "./finding.js";
import { FindBar } from "./findbar.js";
import { Log } from "./log.js";
import words from "../words/thread.js";

addWords(words);

const MORE = ["chat.takeOver", "chat.find", "chat.tags", "chat.priority", "chat.timeline", "chat.why", "chat.snooze", "chat.wake", "chat.unread", "chat.noAnswer", "chat.closeNext", "chat.reopen"];
const READ_AHEAD_AFTER = 400; // Milliseconds, by when the chat itself is there.
const ICONS = { new: "inbox", waiting: "hourglass", open: "message-circle", closed: "archive" };

export function ThreadPane({ id }) {
  if (!id) return html`<section class="thread-pane thread-none"><${Empty} icon="message-circle" title=${t("thread.none")}>${t("thread.noneText")}<//></section>`;
  return html`<${Thread} id=${id} />`;
}

function Thread({ id }) {
  const [view, setView] = useState(null);
  const [isGone, setGone] = useState(false);
  const clientId = chatAtHand.value?.client.id;
  useEffect(() => {
    const messages = watchMessages(id);
    const leave = tellViewing(id);
    setView(messages.view);
    if (!chatFromLists(id)) recado.chat(id).then(note, (problem) => setGone(problem.status === 404));
    const timer = setTimeout(foreseeAround, READ_AHEAD_AFTER, id);
    return () => {
      clearTimeout(timer);
      messages.leave();
      leave();
      stopFinding();
    };
  }, []);
  // Wherever the chat goes, its client's chats have it, and tell of changes.
  useEffect(() => {
    if (!clientId) return undefined;
    const watched = watch("chats", { client: clientId });
    const stop = watched.turn.subscribe(() => {
      const item = watched.rows.items.get(id);
      if (item) note(item);
      else if (watched.isLoaded.peek() && !chatFromLists(id)) setGone(true);
    });
    return () => {
      stop();
      watched.release();
    };
  }, [clientId]);
  const quote = useCallback((message) => {
    write(id, "reply", { replyTo: { seq: message.seq, text: message.text || t(`kind.${message.kind}`) } });
    focusComposer();
  }, [id]);
  const chat = chatAtHand.value;
  if (isGone || view?.isGone.value) {
    const back = html`<${Button} label=${t("kit.back")} icon="arrow-left" onClick=${() => go("inbox", listId.value)} />`;
    return html`<section class="thread-pane thread-none"><${Empty} icon="eye-off" title=${t("thread.gone")} action=${back}>${t("thread.goneText")}<//></section>`;
  }
  if (!chat || !view) return html`<section class="thread-pane"><${Skeleton} /></section>`;
  return html`<section class="thread-pane" aria-label=${t("thread.log", { name: chat.client.name ?? t("chat.noName") })}>
    <${Head} chat=${chat} />
    ${finding.value && html`<${FindBar} chat=${id} />`}
    <${Log} chat=${chat} view=${view} quote=${chat.operator?.id === me.value.id ? quote : undefined} />
    <${Company} id=${id} />
    <${Composer} chat=${chat} view=${view} />
  </section>`;
}

/** Read the chats below and above this one, where the keys lead. */
function foreseeAround(id) {
  const rows = shownRows.peek();
  const at = rows.findIndex((chat) => chat.id === id);
  if (at >= 0) for (const by of [1, -1]) foresee(rows[at + by]);
}

function Head({ chat }) {
  const section = sectionOf(chat);
  const name = chat.client.name ?? t("chat.noName");
  const isMine = chat.operator?.id === me.value.id;
  const holder = isMine ? t("thread.withYou") : chat.operator ? t("thread.with", { name: chat.operator.name }) : t("thread.withNobody");
  const more = MORE.filter(canDo).map((id) => {
    const act = actOf(id);
    return { id, label: t(act.label), icon: act.icon, keys: keysOf(act)[0], run: () => perform(id) };
  });
  return html`<header class="thread-head">
    <${Button} class="thread-back" iconOnly kind="quiet" icon="arrow-left" label=${t("kit.back")} onClick=${() => go("inbox", listId.value)} />
    <${Avatar} name=${chat.client.name} />
    <div class="thread-who">
      <h2 class="one-line">${name}</h2>
      <p class="thread-facts"><${Badge} tone=${section === "closed" ? "plain" : section} icon=${ICONS[section]}>${t(`section.${section}`)}<//><${Channel} kind=${chat.channel.kind} /><span class="one-line">${holder}${chat.group ? ` · ${chat.group.name}` : ""}</span></p>
    </div>
    ${threadHeads.all.map(({ id, component: Part }) => html`<${Part} key=${id} chat=${chat} />`)}
    <div class="thread-acts">
      <${ActButton} act="chat.pull" kind="primary" />
      <${ActButton} act="chat.transfer" />
      <${ActButton} act="chat.close" />
      <${Menu} button=${{ label: t("kit.more"), icon: "ellipsis", iconOnly: true, kind: "quiet" }} items=${more} />
      <${ActButton} act="panel.side" kind="quiet" iconOnly class="thread-side" />
    </div>
  </header>`;
}

/** Who else is here: one line, so that two do not answer the same client. */
function Company({ id }) {
  const { typing, commenting, viewing } = companyIn(id, (operator) => operatorOf(operator)?.name ?? "");
  const said = typing.length
    ? t("thread.typing", { names: listing(typing) })
    : commenting.length ? t("thread.typingComment", { names: listing(commenting) }) : viewing.length ? t("thread.viewing", { names: listing(viewing) }) : "";
  return html`<p class="company" role="status">${said && html`<${Icon} name=${typing.length || commenting.length ? "pencil" : "eye"} size=${14} /> ${said}`}</p>`;
}
