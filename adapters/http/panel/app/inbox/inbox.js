/** The place where operators work: list, thread, side panel; on a phone one at a time. */
import { cls, html } from "../html.js";
import { chatId } from "../state/route.js";
import { isSideOpen } from "./beside.js";
import { ListPane } from "./list.js";
import { SidePane } from "./side.js";
import { Snooze } from "./snooze.js";
import { ThreadPane } from "../thread/thread.js";

export function Inbox() {
  const id = chatId.value;
  return html`<main id="content" tabindex="-1" class=${cls("inbox", id && "has-chat", isSideOpen.value && "has-side")}>
    <${ListPane} />
    <${ThreadPane} key=${id} id=${id} />
    ${isSideOpen.value && html`<${SidePane} />`}
    <${Snooze} />
  </main>`;
}
