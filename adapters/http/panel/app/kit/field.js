/** A labelled field with its help and what is wrong with it; a switch; a tab row; a box that finds. */
import { cls, html, useEffect, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./bits.js";
import { Popover } from "./popover.js";

/** A field. `as` is input, textarea or select; `error` is said and shown; other props go to the element. */
export function Field({ label, help, error, as = "input", children, hideLabel, refer, class: extra, ...rest }) {
  const id = useId();
  const notes = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const Element = as;
  return html`<div class=${cls("field", error && "field-wrong", extra)}>
    <label for=${id} class=${hideLabel ? "unseen" : undefined}>${label}</label>
    <${Element} ref=${refer} id=${id} aria-describedby=${notes} aria-invalid=${error ? "true" : undefined} ...${rest}>${children}<//>
    ${help && html`<small id=${`${id}-help`}>${help}</small>`}
    ${error && html`<small id=${`${id}-error`} class="field-error"><${Icon} name="circle-alert" size=${14} /> ${error}</small>`}
  </div>`;
}

/** On or off, at once. */
export function Switch({ label, help, checked, onChange, disabled }) {
  return html`<label class="switch">
    <input type="checkbox" role="switch" checked=${checked} disabled=${disabled} onChange=${(event) => onChange(event.currentTarget.checked)} />
    <span class="switch-track" aria-hidden="true"></span>
    <span class="switch-label">${label}${help && html`<small>${help}</small>`}</span>
  </label>`;
}

/** A row of tabs: `tabs` are `{id, label, icon, badge}`. Arrows move, and moving shows. */
export function Tabs({ tabs, value, onChange, label, class: extra, panel }) {
  const list = useRef(null);
  const onKeyDown = (event) => {
    const at = tabs.findIndex(({ id }) => id === value);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    onChange(tab.id);
    list.current.querySelector(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus();
  };
  return html`<div ref=${list} role="tablist" aria-label=${label} class=${cls("tabs", extra)} onKeyDown=${onKeyDown}>
    ${tabs.map((tab) => html`<button key=${tab.id} type="button" role="tab" data-tab=${tab.id} aria-selected=${tab.id === value ? "true" : "false"}
      aria-controls=${panel} tabindex=${tab.id === value ? 0 : -1} class=${cls("tab", tab.class)} onClick=${() => onChange(tab.id)}>
      ${tab.icon && html`<${Icon} name=${tab.icon} size=${16} />`}<span>${tab.label}</span>${tab.badge}
    </button>`)}
  </div>`;
}

/**
 * A box in which one types to find something to choose. `find(text)` returns the options, or a
 * promise of them: `{id, label, detail, icon, before}`. What is chosen goes to `onChoose`.
 */
export function Combobox({ label, find, onChoose, placeholder, value = "", empty, autofocus, hideLabel, help }) {
  const [text, setText] = useState(value);
  const [options, setOptions] = useState([]);
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const input = useRef(null);
  const turn = useRef(0);
  useEffect(() => {
    const mine = (turn.current += 1);
    Promise.resolve(find(text)).then((found) => {
      if (mine !== turn.current) return;
      setOptions(found);
      setAt(0);
    });
  }, [text]);
  const choose = (option) => {
    setText(option.label);
    setOpen(false);
    onChoose(option);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      setAt((at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % Math.max(1, options.length));
    } else if (event.key === "Enter" && isOpen && options[at]) {
      event.preventDefault();
      choose(options[at]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      event.preventDefault();
      setOpen(false);
    }
  };
  return html`<div class="field combobox">
    <label for=${id} class=${hideLabel ? "unseen" : undefined}>${label}</label>
    <input ref=${input} id=${id} role="combobox" autocomplete="off" aria-expanded=${isOpen ? "true" : "false"} aria-controls=${`${id}-list`}
      aria-autocomplete="list" aria-activedescendant=${isOpen && options[at] ? `${id}-${at}` : undefined} placeholder=${placeholder} value=${text}
      autofocus=${autofocus} onInput=${(event) => (setText(event.currentTarget.value), setOpen(true))} onFocus=${() => setOpen(true)}
      onBlur=${() => setTimeout(() => setOpen(false), 150)} onKeyDown=${onKeyDown} />
    ${help && html`<small>${help}</small>`}
    ${isOpen && html`<${Popover} anchor=${input} focus=${false} onClose=${() => setOpen(false)} class="options-box">
      <${Options} id=${id} label=${label} options=${options} at=${at} onChoose=${choose} empty=${empty} />
    <//>`}
  </div>`;
}

/** The list of a combobox, and of what the composer completes. */
export function Options({ id, label, options, at, onChoose, empty }) {
  const list = useRef(null);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  if (!options.length) return html`<div id=${`${id}-list`} role="listbox" aria-label=${label} class="options-none">${empty ?? t("kit.nothingFound")}</div>`;
  return html`<ul ref=${list} id=${`${id}-list`} role="listbox" aria-label=${label} class="options">
    ${options.map((option, number) => html`<li key=${option.id} id=${`${id}-${number}`} role="option" aria-selected=${number === at ? "true" : "false"}
      class="option" onPointerDown=${(event) => (event.preventDefault(), onChoose(option))}>
      ${option.before ?? (option.icon && html`<${Icon} name=${option.icon} />`)}
      <span class="option-text"><span>${option.label}</span>${option.detail && html`<small>${option.detail}</small>`}</span>${option.after}
    </li>`)}
  </ul>`;
}
