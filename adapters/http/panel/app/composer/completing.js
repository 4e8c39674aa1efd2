/**
 * What is offered while one writes: templates after `/`, colleagues after `@`, emoji after `:`.
 *
 * A completion (see `extend.js`) finds matches `{id, label, detail, icon, before, choose}`; `choose()`
 * promises `{text, changes, files}`: what stands in place of what was typed, what else of the draft
 * changes, and what is attached to it. `preview(match)`, where there is one, promises what would stand there.
 */
import { completions } from "../extend.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { attempt, Options, place } from "../kit/index.js";
import { draftOf } from "../state/drafts.js";

const MOST = 8;

/** Return the completion that the text before the caret asks for, and what was typed after its sign. */
function asked(text, mode) {
  for (const completion of completions.all) {
    if (!completion.modes.includes(mode)) continue;
    const at = text.lastIndexOf(completion.trigger);
    if (at < 0 || (at > 0 && !/\s/.test(text[at - 1]))) continue;
    const typed = text.slice(at + completion.trigger.length);
    if (typed.length < (completion.least ?? 0) || /\n|\s{2}/.test(typed) || typed.length > 40) continue;
    if (!completion.spaces && /\s/.test(typed)) continue;
    return { completion, at, typed };
  }
  return null;
}

export function useCompleting({ field, chat, mode, change }) {
  const [open, setOpen] = useState(null);
  const [at, setAt] = useState(0);
  const id = useId();
  const turn = useRef(0);
  /** A look that has no answer yet, and whether its first match is taken as soon as it has one. */
  const waiting = useRef(null);
  const close = () => {
    turn.current += 1;
    waiting.current = null;
    setOpen(null);
  };
  const look = async () => {
    const { value, selectionStart, selectionEnd } = field.current;
    const found = selectionStart === selectionEnd ? asked(value.slice(0, selectionStart), mode) : null;
    if (!found) return close();
    const mine = (turn.current += 1);
    waiting.current = { holds: found.completion.holds, isTaken: false };
    const matches = await found.completion.find(found.typed, chat).catch(() => []);
    if (mine !== turn.current) return undefined;
    const { isTaken } = waiting.current;
    waiting.current = null;
    if (isTaken && matches[0]) return choose(matches[0], found.at);
    setAt(0);
    // Prose that happens to begin with the sign is let alone; a lone word after `/` is meant.
    if (!matches.length && /\s/.test(found.typed)) return setOpen(null);
    return setOpen({ ...found, matches: matches.slice(0, MOST) });
  };
  /** Put text where the caret is, or in place of what is selected. */
  const put = (text, from = field.current.selectionStart, to = field.current.selectionEnd, changes = {}) => {
    const { value } = field.current;
    const next = value.slice(0, from) + text + value.slice(to);
    change({ text: next, ...changes });
    requestAnimationFrame(() => {
      field.current.focus();
      field.current.setSelectionRange(from + text.length, from + text.length);
    });
  };
  const choose = async (match, from = open.at) => {
    const to = field.current.selectionStart;
    close();
    const chosen = await attempt(() => match.choose());
    if (!chosen) return;
    const attachments = [...draftOf(chat.id, mode).value.attachments, ...(chosen.files ?? [])];
    put(chosen.text, from, to, { ...chosen.changes, attachments });
  };
  const onKey = (event) => {
    const isTaking = (event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab";
    // Who types faster than the answer comes means what it brings, and never the code itself.
    if (isTaking && waiting.current?.holds) {
      waiting.current.isTaken = true;
      event.preventDefault();
      return true;
    }
    if (!open) return false;
    const { matches } = open;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") setAt((at + (event.key === "ArrowDown" ? 1 : -1) + matches.length) % Math.max(1, matches.length));
    else if (event.key === "Escape") close();
    else if (isTaking) {
      if (matches[at]) choose(matches[at]);
      // A template that there is not must never reach the client as text.
      else if (event.key === "Tab" || !open.completion.holds) return false;
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const insert = (text, { open: isOpen = false } = {}) => {
    const { value, selectionStart } = field.current;
    const before = isOpen && selectionStart > 0 && !/\s/.test(value[selectionStart - 1]) ? " " : "";
    put(before + text);
    if (isOpen) setTimeout(look, 50);
  };
  const aria = {
    role: open ? "combobox" : undefined, "aria-autocomplete": "list", "aria-expanded": open ? "true" : undefined, "aria-controls": open ? `${id}-list` : undefined,
    "aria-activedescendant": open?.matches[at] ? `${id}-${at}` : undefined,
  };
  return { id, open, at, choose, look, close, onKey, insert, aria };
}

/** The list above the field, and what the client would read. */
export function Completing({ id, open, at, choose, field }) {
  const box = useRef(null);
  const match = open?.matches[at];
  const preview = usePreview(open?.completion, match);
  useEffect(() => {
    if (!open || !box.current) return;
    if (!box.current.matches(":popover-open")) box.current.showPopover();
    place(box.current, field.current);
  });
  if (!open) return null;
  return html`<div ref=${box} popover="manual" class="popover completing">
    <${Options} id=${id} label=${t("composer.completing")} options=${open.matches} at=${at} onChoose=${choose} empty=${open.completion.none && t(open.completion.none)} />
    ${preview && html`<div class="completing-preview"><small>${t("composer.preview")}</small><p class="words">${preview}</p></div>`}
  </div>`;
}

function usePreview(completion, match) {
  const [shown, setShown] = useState({ id: null, text: "" });
  useEffect(() => {
    if (!completion?.preview || !match) return undefined;
    let isWanted = true;
    completion.preview(match).then(
      (text) => isWanted && setShown({ id: match.id, text }),
      () => isWanted && setShown({ id: match.id, text: "" }),
    );
    return () => (isWanted = false);
  }, [match?.id]);
  return match && shown.id === match.id ? shown.text : "";
}
