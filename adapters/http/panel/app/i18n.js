/**
 * Words in three languages, and times and numbers as each language writes them.
 *
 * A table of words has one line a string: `"lists.new": ["Novas mensagens", "New messages",
 * "Mensajes nuevos"]`. Blanks are `{name}`; a plural is `{n, plural, one {# chat} other {# chats}}`.
 * No sentence is put together from pieces.
 */
import { computed, signal } from "@preact/signals";

export const LANGUAGES = ["pt-BR", "en", "es"];
const KEPT = "recado.language";
const words = new Map();

/** Add a part's words; a key belongs to one part. @param {Record<string, [string, string, string]>} table */
export function addWords(table) {
  for (const [key, texts] of Object.entries(table)) words.set(key, texts);
}

/** All keys and their texts, for whoever checks them. */
export const allWords = () => words;

export const language = signal(firstLanguage());
/** `pseudo` stretches and marks every text, to see what is too narrow or was never translated. */
export const isPseudo = new URLSearchParams(location.search).get("words") === "pseudo";

function firstLanguage() {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages].filter(Boolean);
  for (const tag of wanted) {
    const found = LANGUAGES.find((one) => one.split("-")[0] === tag.split("-")[0]);
    if (found) return found;
  }
  return LANGUAGES[0];
}

export function setLanguage(tag) {
  localStorage.setItem(KEPT, tag);
  language.value = tag;
}

const formats = computed(() => {
  const tag = language.value;
  const of = (options) => new Intl.DateTimeFormat(tag, options);
  return {
    plural: new Intl.PluralRules(tag),
    number: new Intl.NumberFormat(tag),
    decimal: new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }),
    list: new Intl.ListFormat(tag, { style: "long", type: "conjunction" }),
    relative: new Intl.RelativeTimeFormat(tag, { numeric: "auto" }),
    time: of({ hour: "2-digit", minute: "2-digit" }),
    day: of({ weekday: "long", day: "numeric", month: "long" }),
    dayWithYear: of({ day: "numeric", month: "long", year: "numeric" }),
    short: of({ day: "2-digit", month: "2-digit" }),
    whole: of({ dateStyle: "medium", timeStyle: "medium" }),
    atMost: of({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  };
});

const PLURAL = /\{(\w+), plural, ((?:\w+ \{[^{}]*\}\s*)+)\}/g;
const CASE = /(\w+) \{([^{}]*)\}/g;

/** Return the text of a key in the language of the panel, with its blanks filled in. */
export function t(key, values = {}) {
  const texts = words.get(key);
  if (!texts) return key;
  const text = texts[LANGUAGES.indexOf(language.value)];
  const chosen = text.replace(PLURAL, (_, name, cases) => pluralCase(Number(values[name]), cases));
  const filled = chosen.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  return isPseudo ? `⟦${filled}${"~".repeat(Math.ceil(filled.length * 0.4))}⟧` : filled;
}

function pluralCase(count, cases) {
  const texts = new Map([...cases.matchAll(CASE)].map(([, name, text]) => [name, text]));
  const chosen = texts.get(formats.value.plural.select(count)) ?? texts.get("other") ?? "";
  return chosen.replaceAll("#", number(count));
}

export const number = (value) => formats.value.number.format(value);
export const listing = (names) => formats.value.list.format(names);
export const timeOf = (at) => formats.value.time.format(new Date(at));
export const wholeTime = (at) => formats.value.whole.format(new Date(at));
export const dayAndTime = (at) => formats.value.atMost.format(new Date(at));

/** Return a day as people call it: today, yesterday, a weekday and date, with the year if it is another. */
export function dayOf(at, now = Date.now()) {
  const ago = daysBetween(at, now);
  if (ago < 2 && ago >= 0) return capital(formats.value.relative.format(-ago, "day"));
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return capital((sameYear ? formats.value.day : formats.value.dayWithYear).format(new Date(at)));
}

/** Return when, as short as a list's row has room for: a time today, a date before. */
export function briefly(at, now = Date.now()) {
  return daysBetween(at, now) === 0 ? timeOf(at) : formats.value.short.format(new Date(at));
}

export function daysBetween(at, now) {
  const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

/** Return how long something lasts in its largest unit that says enough: 45 s, 12 min, 3 h, 2 d. */
export function lasting(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${number(seconds)} s`;
  if (seconds < 3600) return `${number(Math.floor(seconds / 60))} min`;
  if (seconds < 86_400) return `${number(Math.floor(seconds / 3600))} h`;
  return `${number(Math.floor(seconds / 86_400))} d`;
}

/** Return a length of sound or film: 0:07, 12:30. */
export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Return a size as 17 B, 4.2 KB, 3.1 MB. */
export function bytes(size) {
  if (size < 1000) return `${number(size)} B`;
  if (size < 1_000_000) return `${formats.value.decimal.format(size / 1000)} KB`;
  return `${formats.value.decimal.format(size / 1_000_000)} MB`;
}

const capital = (text) => text.charAt(0).toLocaleUpperCase(language.value) + text.slice(1);
