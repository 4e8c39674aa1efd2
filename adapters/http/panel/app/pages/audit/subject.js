/** What something in the log is about, in words, with the way there where there is one. */
import { html } from "../../html.js";
import { t } from "../../i18n.js";
import { channelOf, groupOf, operatorOf } from "../../state/people.js";
import { go } from "../../state/route.js";

const KNOWN = { operator: operatorOf, group: groupOf, channel: channelOf };
const SHOWN = 8; // Letters of an id that are enough to tell it from others.

/** @param {{stream: string}} given such as `chat-0b6c2f1e-…` */
export function Subject({ stream }) {
  const [, kind, id] = /^([a-z]+)-(.+)$/.exec(stream) ?? [];
  const word = kind && t(`subject.${kind}`);
  if (!kind || word === `subject.${kind}`) return html`<span>${stream}</span>`;
  const name = KNOWN[kind]?.(id)?.name ?? id.slice(0, SHOWN);
  if (kind !== "chat") return html`<span data-tip=${stream}>${word} ${name}</span>`;
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go("inbox", "all", id);
  };
  return html`<a href=${`/panel/inbox/all/${id}`} data-tip=${stream} onClick=${onClick}>${word} ${name}</a>`;
}
