/** Small things without a state of their own: icon, avatar, badge, keys, empty state, skeleton, banner. */
import { cls, html, root, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { printed } from "../keys.js";

/** A picture beside a word; it says nothing by itself. */
export function Icon({ name, size = 18, class: extra }) {
  return html`<svg class=${cls("icon", extra)} width=${size} height=${size} aria-hidden="true">
    <use href=${`${root}/icons.svg#${name}`} />
  </svg>`;
}

const HUES = 8;

/** Initials on a colour that a name always has; with presence, a dot that says so in words, too. */
export function Avatar({ name, size = "m", presence, icon }) {
  const initials = (name ?? "").split(/\s+/).filter(Boolean).map((word) => [...word][0]);
  const shown = [initials[0], initials.length > 1 ? initials.at(-1) : ""].join("").toLocaleUpperCase();
  const hue = [...(name ?? "")].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 997, 7) % HUES;
  return html`<span class=${cls("avatar", `avatar-${size}`, `hue-${hue}`)}>
    <span aria-hidden="true">${icon || !shown ? html`<${Icon} name=${icon ?? "user"} size=${16} />` : shown}</span>
    ${presence && html`<${PresenceDot} presence=${presence} />`}
  </span>`;
}

/** Shape and colour of someone's presence; its name is for those who do not see it. */
export function PresenceDot({ presence }) {
  return html`<span class=${cls("presence", `presence-${presence}`)}><span class="unseen">${t(`presence.${presence}`)}</span></span>`;
}

/** A number or a word in little. `tone` is new, waiting, open, unread, warn, danger or plain. */
export function Badge({ children, tone = "plain", icon, strong, title }) {
  return html`<span class=${cls("badge", `tone-${tone}`, strong && "badge-strong")} data-tip=${title}>
    ${icon && html`<${Icon} name=${icon} size=${13} />`}${children}
  </span>`;
}

/** A shortcut as it is printed on the keys. */
export function Keys({ keys }) {
  return html`<span class="keys">${printed(keys).map((together) => together.map((key) => html`<kbd>${key}</kbd>`))}</span>`;
}

/** What stands where there is nothing: why, and what to do next. */
export function Empty({ icon = "inbox", title, children, action }) {
  return html`<div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} size=${28} /></span>
    <p class="empty-title">${title}</p>
    ${children && html`<p class="empty-text">${children}</p>`}
    ${action}
  </div>`;
}

/** Grey rows while something comes that takes longer than a blink. */
export function Skeleton({ rows = 6, height = 68 }) {
  const isLate = useLate(300);
  if (!isLate) return null;
  return html`<div class="skeleton" role="status" aria-label=${t("kit.loading")}>
    ${Array.from({ length: rows }, () => html`<div class="skeleton-row" style=${{ height: `${height}px` }}><span class="skeleton-round" /><span class="skeleton-lines"><span /><span /></span></div>`)}
  </div>`;
}

function useLate(milliseconds) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => clearTimeout(timer);
  }, []);
  return isLate;
}

/** A line across the top of something: `tone` is info, warn, danger or good. */
export function Banner({ tone = "info", icon, children, action }) {
  const icons = { info: "info", warn: "triangle-alert", danger: "circle-alert", good: "circle-check" };
  return html`<div class=${cls("banner", `banner-${tone}`)} role=${tone === "danger" ? "alert" : "status"}>
    <${Icon} name=${icon ?? icons[tone]} /><div class="banner-text">${children}</div>${action}
  </div>`;
}
