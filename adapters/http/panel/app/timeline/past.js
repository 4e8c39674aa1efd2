/** A chat as it stood at one moment: where, with whom, and what had been said. */
import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { Badge, Banner, Icon } from "../kit/index.js";
import { Said } from "./said.js";

const SOON = 160; // Milliseconds of rest after which the moment is asked for, while somebody drags.
const ICONS = { new: "inbox", waiting: "hourglass", open: "message-circle", closed: "archive" };

export function Past({ chat, event, isNow, recado }) {
  const [then, setThen] = useState(null);
  useEffect(() => {
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      read(recado, chat.id, isNow ? null : `${event.position}@${event.at}`, leaving.signal).then(setThen, (refused) => {
        if (!leaving.signal.aborted) setThen({ problem: refused.message });
      });
    }, SOON);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [event.position, isNow]);
  if (!then) return html`<section class="timeline-past" aria-busy="true"></section>`;
  if (then.problem) return html`<section class="timeline-past"><${Banner} tone="warn">${then.problem}<//></section>`;
  return html`<section class="timeline-past" aria-label=${t("timeline.past")} aria-live="polite">
    <${Where} chat=${then.chat} />
    <ol class="past-messages">${then.messages.map((message) => html`<${Said} key=${message.seq} message=${message} />`)}</ol>
    ${!then.messages.length && html`<p class="soft">${t("timeline.nothingSaid")}</p>`}
  </section>`;
}

async function read(recado, id, asOf, signal) {
  const [chat, { items }] = await Promise.all([recado.chat(id, { as_of: asOf }, { signal }), recado.messages(id, { as_of: asOf, limit: 200 }, { signal })]);
  return { chat, messages: items };
}

function Where({ chat }) {
  const { section, operator, group, tags, priority } = chat;
  return html`<p class="past-where">
    <${Badge} tone=${section === "closed" ? "plain" : section} icon=${ICONS[section]}>${t(`section.${section}`)}<//>
    <span><${Icon} name="user" size=${14} /> ${operator?.name ?? t("timeline.nobody")}</span>
    ${group && html`<span><${Icon} name="users" size=${14} /> ${group.name}</span>`}
    ${priority !== "normal" && html`<span><${Icon} name="flag" size=${14} /> ${t(`priority.${priority}`)}</span>`}
    ${tags.map((tag) => html`<span class="tag" key=${tag}>${tag}</span>`)}
  </p>`;
}
