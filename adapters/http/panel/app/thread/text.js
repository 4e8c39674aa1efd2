/** A person's words as text nodes: links can be clicked, what was looked for is marked. */
import { html } from "../html.js";

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]|[\w.+-]+@[\w-]+\.[\w.-]*\w/g;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u;

export const isOnlyEmoji = (text) => text.length < 30 && ONLY_EMOJI.test(text);

/** Text with links; `hits` are places in code points, as the search tells them. */
export function Words({ text, hits = [] }) {
  const chars = hits.length ? [...text] : null;
  if (!chars) return linked(text);
  const parts = [];
  let at = 0;
  for (const [from, to] of hits) {
    parts.push(linked(chars.slice(at, from).join("")), html`<mark>${chars.slice(from, to).join("")}</mark>`);
    at = to;
  }
  return [...parts, linked(chars.slice(at).join(""))];
}

function linked(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(at, found.index), html`<a href=${addressOf(found[0])} target="_blank" rel="noopener noreferrer nofollow">${found[0]}</a>`);
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

function addressOf(text) {
  if (/^https?:/.test(text)) return text;
  return text.includes("@") && !text.startsWith("www.") ? `mailto:${text}` : `http:${"//"}${text}`;
}
