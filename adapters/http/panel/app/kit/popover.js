/** What opens beside something and goes when one looks elsewhere: popover, and menu. */
import { cls, html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { Button } from "./button.js";
import { Icon, Keys } from "./bits.js";

const GAP = 6;

/** Put a box beside an anchor where there is room for it. */
export function place(box, anchor, align = "start") {
  const at = anchor.getBoundingClientRect();
  box.style.maxHeight = "";
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = innerHeight - at.bottom - 2 * GAP;
  const isAbove = below < height && at.top > below;
  const left = align === "end" ? at.right - width : at.left;
  box.style.left = `${Math.min(Math.max(GAP, left), Math.max(GAP, innerWidth - width - GAP))}px`;
  const room = isAbove ? at.top - 2 * GAP : below;
  box.style.maxHeight = `${Math.max(120, room)}px`;
  const shown = Math.min(height, Math.max(120, room));
  box.style.top = `${isAbove ? at.top - shown - GAP : at.bottom + GAP}px`;
}

/**
 * A box that belongs to `anchor`, an element or a ref to one. It closes on Escape and when one
 * clicks elsewhere, and gives the focus back.
 */
export function Popover({ anchor, onClose, align, children, class: extra, label, role, focus = true }) {
  const box = useRef(null);
  const to = () => anchor?.current ?? anchor;
  useLayoutEffect(() => {
    const before = document.activeElement;
    const shown = box.current;
    shown.showPopover();
    place(shown, to(), align);
    if (focus) (shown.querySelector("[autofocus], input, [tabindex='0'], button") ?? shown).focus();
    const leaving = new AbortController();
    const { signal } = leaving;
    const outside = ({ target }) => !shown.contains(target) && !to()?.contains(target) && onClose();
    document.addEventListener("pointerdown", outside, { signal });
    window.addEventListener("resize", () => place(shown, to(), align), { signal });
    return () => {
      leaving.abort();
      if (shown.contains(document.activeElement) || document.activeElement === document.body) before?.focus?.();
    };
  }, []);
  useLayoutEffect(() => {
    if (box.current && to()) place(box.current, to(), align);
  });
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    onClose();
  };
  return html`<div ref=${box} popover="manual" class=${cls("popover", extra)} role=${role} aria-label=${label} tabindex="-1" onKeyDown=${onKeyDown}>${children}</div>`;
}

/**
 * A button that opens a list of things to do: `items` are `{id, label, icon, run, danger, keys, checked}`,
 * null for a line between. `button` are the props of the button.
 */
export function Menu({ items, button, align = "end", label }) {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef(null);
  const toggle = () => setOpen(!isOpen);
  return html`<span class="menu-place">
    <${Button} ...${button} refer=${anchor} aria-haspopup="menu" aria-expanded=${isOpen ? "true" : "false"} onClick=${toggle}
      onKeyDown=${(event) => event.key === "ArrowDown" && !isOpen && (event.preventDefault(), setOpen(true))} />
    ${isOpen && html`<${MenuList} items=${items} anchor=${anchor} align=${align} label=${label ?? button.label} onClose=${() => setOpen(false)} />`}
  </span>`;
}

/** The list of a menu, beside any anchor. */
export function MenuList({ items, anchor, align, label, onClose }) {
  const list = useRef(null);
  const shown = items.filter((item) => item !== undefined && item !== false);
  useEffect(() => list.current.querySelector("[role^=menuitem]")?.focus(), []);
  const onKeyDown = (event) => {
    const all = [...list.current.querySelectorAll("[role^=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) all.at(next % all.length)?.focus();
    else if (event.key === "Tab") onClose();
    else if (event.key.length === 1) all.slice(at + 1).concat(all).find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    if (next !== undefined) event.preventDefault();
    if (event.key !== "Escape") event.stopPropagation();
  };
  const choose = (item) => {
    onClose();
    item.run();
  };
  return html`<${Popover} anchor=${anchor} align=${align} onClose=${onClose} class="menu" focus=${false}>
    <div ref=${list} role="menu" aria-label=${label} onKeyDown=${onKeyDown}>
      ${shown.map((item) => item === null
        ? html`<hr />`
        : html`<button key=${item.id} type="button" role=${item.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked=${item.checked}
            tabindex="-1" class=${cls("menu-item", item.danger && "menu-danger")} disabled=${item.disabled} onClick=${() => choose(item)}>
            ${item.checked === undefined ? item.icon && html`<${Icon} name=${item.icon} />` : html`<${Icon} name=${item.checked ? "check" : "circle"} class=${item.checked ? "" : "hollow"} />`}
            <span class="menu-label">${item.label}${item.detail && html`<small>${item.detail}</small>`}</span>
            ${item.keys && html`<${Keys} keys=${item.keys} />`}
          </button>`)}
    </div>
  <//>`;
}
