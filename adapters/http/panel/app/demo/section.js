/** A part of the drawer under a heading of its own. */
import { html } from "../html.js";

export function Section({ title, lead, children }) {
  return html`<section class="demo-section"><h3>${title}</h3>${lead && html`<p class="soft">${lead}</p>`}${children}</section>`;
}
