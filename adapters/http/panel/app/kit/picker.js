/** A list to choose from under a box that narrows it, open for as long as it is drawn. */
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../html.js";
import { Options } from "./field.js";

/**
 * Typing narrows, arrows move, Enter chooses. `find(text)` returns the options, or a promise of
 * them: `{id, label, detail, icon, before, after}`. When `fresh` changes, it is asked again.
 * `onEmptyEnter` is called for Enter in an empty box; `keep` leaves the box empty for the next choice.
 */
export function Picker({ label, find, onChoose, placeholder, empty, fresh, keep, onEmptyEnter, hideLabel }) {
  const [text, setText] = useState("");
  const [options, setOptions] = useState([]);
  const [at, setAt] = useState(0);
  const id = useId();
  /** What is found for what stands in the box now, also while it is on its way. */
  const finding = useRef(Promise.resolve([]));
  const input = useRef(null);
  // A dialog that opens with it focuses by the attribute; what is open already does not.
  useLayoutEffect(() => input.current.focus(), []);
  useEffect(() => {
    const mine = (finding.current = Promise.resolve(find(text)));
    mine.then((found) => {
      if (mine !== finding.current) return;
      setOptions(found);
      setAt((was) => Math.min(was, Math.max(0, found.length - 1)));
    });
  }, [text, fresh]);
  const choose = (option) => {
    if (keep) setText("");
    onChoose(option, text);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && options.length) setAt((at + by + options.length) % options.length);
    else if (event.key === "Enter" && !text && onEmptyEnter) onEmptyEnter();
    else if (event.key === "Enter") finding.current.then((found) => found[at] && input.current && choose(found[at]));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="picker field">
    <label for=${id} class=${hideLabel ? "unseen" : undefined}>${label}</label>
    <input ref=${input} id=${id} role="combobox" autocomplete="off" aria-expanded="true" aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${options[at] ? `${id}-${at}` : undefined} placeholder=${placeholder} value=${text} autofocus
      onInput=${(event) => (setText(event.currentTarget.value), setAt(0))} onKeyDown=${onKeyDown} />
    <div class="picker-list"><${Options} id=${id} label=${label} options=${options} at=${at} onChoose=${choose} empty=${empty} /></div>
  </div>`;
}
