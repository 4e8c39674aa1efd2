/** Buttons, by themselves and for acts; and the one tooltip that tells what a button does, and its key. */
import { actOf, canDo, perform } from "../acts.js";
import { cls, html, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { ariaKeys, shortcutOf } from "../keys.js";
import { Icon } from "./bits.js";

/**
 * A button. `kind` is plain, primary, quiet, danger or comment; with `iconOnly` its label is for
 * the tooltip and for those who listen. `busy` keeps it from being pressed twice.
 */
export function Button({ label, icon, kind = "plain", size = "m", iconOnly, busy, tip, shortcut, children, type = "button", disabled, class: extra, refer, ...rest }) {
  const said = iconOnly ? (shortcut ? `${tip ?? label}  ${shortcut}` : tip ?? label) : tip ?? (shortcut || undefined);
  return html`<button ref=${refer} type=${type} class=${cls("button", `button-${kind}`, `button-${size}`, iconOnly && "button-icon", extra)}
    aria-label=${iconOnly ? label : undefined} data-tip=${said} disabled=${disabled} aria-busy=${busy ? "true" : undefined}
    aria-disabled=${busy ? "true" : undefined} ...${rest} onClick=${busy ? undefined : rest.onClick}>
    ${busy ? html`<${Icon} name="loader-circle" class="turning" />` : icon && html`<${Icon} name=${icon} size=${size === "s" ? 16 : 18} />`}
    ${!iconOnly && label && html`<span>${label}</span>`}${children}
  </button>`;
}

/** A button for an act of the registry; nothing where it cannot be done now. */
export function ActButton({ act: id, given, ...rest }) {
  const act = actOf(id);
  if (!act || !canDo(id)) return null;
  const label = rest.label ?? t(act.label);
  const shortcut = shortcutOf(id);
  // Where there is little room, the tooltip is all that shows a button's name.
  const tip = rest.iconOnly || !shortcut ? label : `${label}  ${shortcut}`;
  return html`<${Button} label=${label} tip=${tip} icon=${act.icon} shortcut=${shortcut} aria-keyshortcuts=${ariaKeys(id)}
    onClick=${() => perform(id, given)} ...${rest} />`;
}

const SHOW_AFTER = 350;

/** Shows the `data-tip` of what the pointer rests on or the focus reached. Put once into the page. */
export function Tooltip() {
  const tip = useRef(null);
  useEffect(() => follow(tip.current), []);
  return html`<div ref=${tip} class="tooltip" popover="manual" role="tooltip" aria-hidden="true"></div>`;
}

function follow(tip) {
  let timer = 0;
  const hide = () => {
    clearTimeout(timer);
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (target) => {
    tip.textContent = target.dataset.tip;
    tip.showPopover();
    const box = target.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const left = Math.min(Math.max(6, box.left + box.width / 2 - width / 2), innerWidth - width - 6);
    const above = box.top - height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 6 ? above : box.bottom + 6}px`;
  };
  const rest = ({ target, type }) => {
    hide();
    const tipped = target.closest?.("[data-tip]");
    if (!tipped || (type === "focusin" && !tipped.matches(":focus-visible"))) return;
    timer = setTimeout(() => tipped.isConnected && show(tipped), SHOW_AFTER);
  };
  const leaving = new AbortController();
  const { signal } = leaving;
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, rest, { signal });
  for (const name of ["pointerdown", "keydown", "focusout", "scroll"]) document.addEventListener(name, hide, { signal, capture: true });
  return () => leaving.abort();
}
