/** The bar that looks for words in the open chat: how many messages say it, which one is shown. */
import { html, useLayoutEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Button, Icon } from "../kit/index.js";
import { recado } from "../state/session.js";
import { finding, stopFinding } from "./finding.js";

const AFTER = 180;

export function FindBar({ chat }) {
  const field = useRef(null);
  const turn = useRef(0);
  const { q, items, at, isDone } = finding.value;
  useLayoutEffect(() => field.current.focus(), []);
  const look = (text) => {
    finding.value = { ...finding.value, q: text };
    const mine = (turn.current += 1);
    setTimeout(async () => {
      if (mine !== turn.current) return;
      const found = text.trim() ? await recado.messages(chat, { q: text }).catch(() => ({ items: [] })) : { items: [] };
      if (mine === turn.current && finding.value) finding.value = { q: text, items: found.items, at: found.items.length - 1, isDone: Boolean(text.trim()) };
    }, AFTER);
  };
  const step = (by) => items.length && (finding.value = { ...finding.value, at: (at + by + items.length) % items.length });
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") step(event.shiftKey ? 1 : -1);
    else if (event.key === "Escape") (event.stopPropagation(), stopFinding());
    else return;
    event.preventDefault();
  };
  return html`<search class="find-bar">
    <${Icon} name="search" class="faint" />
    <input ref=${field} class="input" type="search" value=${q} aria-label=${t("find.label")} placeholder=${t("find.label")} onInput=${(event) => look(event.currentTarget.value)} onKeyDown=${onKeyDown} />
    <span class="find-count" role="status">${items.length ? t("find.count", { at: at + 1, n: items.length }) : isDone ? t("find.none") : ""}</span>
    <${Button} size="s" kind="quiet" iconOnly icon="chevron-up" label=${t("find.previous")} disabled=${!items.length} onClick=${() => step(-1)} />
    <${Button} size="s" kind="quiet" iconOnly icon="chevron-down" label=${t("find.next")} disabled=${!items.length} onClick=${() => step(1)} />
    <${Button} size="s" kind="quiet" iconOnly icon="x" label=${t("kit.close")} onClick=${stopFinding} />
  </search>`;
}
