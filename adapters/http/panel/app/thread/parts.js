/** What a message holds beside its words and files: places, contacts, choices, orders, links. */
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "../kit/index.js";
import { Words } from "./text.js";

/** One part of a message, or nothing where its words are all there is to see. */
export function Part({ part }) {
  switch (part.kind) {
    case "location": return html`<${Place} part=${part} />`;
    case "contact": return html`<${Contact} part=${part} />`;
    case "choice": return html`<${Card} icon="list-checks" title=${part.title}>${part.description}<//>`;
    case "order": return html`<${Card} icon="shopping-bag" title=${part.summary}>${part.items?.map((item) => html`<span class="card-line" key=${item}>${item}</span>`)}<//>`;
    case "share": return html`<${Card} icon="share-2" title=${part.title ?? t("kind.share")}>${part.link && html`<${Words} text=${part.link} />`}<//>`;
    case "offer": return html`<span class="offer">${part.options.map(({ id, title }) => html`<span class="offer-option" key=${id}>${title}</span>`)}</span>`;
    case "unsupported": return html`<${Card} icon="circle-question-mark" title=${t("kind.unsupported")}>${part.what}<//>`;
    default: return null;
  }
}

function Card({ icon, title, children }) {
  return html`<span class="card"><${Icon} name=${icon} size=${22} /><span class="card-text"><strong>${title}</strong>${children && html`<small>${children}</small>`}</span></span>`;
}

function Place({ part }) {
  const at = `${part.latitude},${part.longitude}`;
  return html`<${Card} icon="map-pin" title=${part.name ?? t("kind.location")}>
    ${part.address && html`<span class="card-line">${part.address}</span>`}
    <a href=${`geo:${at}?q=${at}`}>${t("location.open")} (${part.latitude.toFixed(5)}, ${part.longitude.toFixed(5)})</a>
  <//>`;
}

function Contact({ part }) {
  return html`<${Card} icon="contact" title=${part.name}>
    ${(part.phones ?? []).map((phone) => html`<a class="card-line" key=${phone} href=${`tel:${phone}`}>${phone}</a>`)}
    ${(part.emails ?? []).map((email) => html`<a class="card-line" key=${email} href=${`mailto:${email}`}>${email}</a>`)}
  <//>`;
}
