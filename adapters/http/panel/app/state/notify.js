/**
 * What calls an operator: a sound, a note on the desktop, a number in the title and on the icon.
 * Never for what he did himself, for a chat that he has before him, or during a pause; of several
 * tabs one rings.
 */
import { effect, signal, untracked } from "@preact/signals";
import { t } from "../i18n.js";
import { standing, unreadChats } from "./lists.js";
import { connection } from "./live.js";
import { myself } from "./people.js";
import { prefs } from "./prefs.js";
import { chatId, go } from "./route.js";
import { me } from "./session.js";

const AGAIN_AFTER = 30_000;
const canNotify = "Notification" in window;
let sound = null;
let heard = new Map();
let repeat = 0;

export const isDesktopDenied = () => !canNotify || Notification.permission === "denied";

/** Ask for leave to show notes; to be called by a click. */
export async function askForDesktop() {
  return canNotify && (await Notification.requestPermission()) === "granted";
}

const isBefore = (chat) => chatId.value === chat.id && document.visibilityState === "visible" && document.hasFocus();
const isQuiet = () => (myself.value?.presence ?? "online") !== "online";

// Browsers let a page ring only after somebody touched it.
addEventListener("pointerdown", () => (sound ??= new AudioContext()), { once: true });

function ring() {
  if (!prefs.value.sound || sound?.state !== "running") return;
  const at = sound.currentTime;
  for (const [pitch, after] of [[659.3, 0], [880, 0.12]]) {
    const tone = new OscillatorNode(sound, { type: "sine", frequency: pitch });
    const loudness = new GainNode(sound, { gain: 0 });
    loudness.gain.setValueAtTime(0, at + after);
    loudness.gain.linearRampToValueAtTime(0.12, at + after + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + after + 0.4);
    tone.connect(loudness).connect(sound.destination);
    tone.start(at + after);
    tone.stop(at + after + 0.42);
  }
}

/** Do something in one tab of all that want to at the same moment. */
function once(name, act) {
  if (!navigator.locks) return act();
  return navigator.locks.request(`recado.ring.${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    act();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  });
}

function call(chat) {
  ring();
  if (!prefs.value.desktop || isDesktopDenied() || document.hasFocus()) return;
  const note = new Notification(chat.client.name ?? t("chat.noName"), { body: chat.last_message?.text ?? "", tag: chat.id });
  note.onclick = () => {
    window.focus();
    go("inbox", "unread", chat.id);
    note.close();
  };
}

/** What is new since the last look: chats of mine that became unread or more so, and new chats. */
function look() {
  const { state } = connection.value;
  const watched = standing();
  const rows = [...watched.unread.items.values(), ...watched.new.items.values()];
  const isReady = watched.unread.isLoaded.value && watched.new.isLoaded.value && state === "live";
  untracked(() => {
    const before = heard;
    if (!isReady) return;
    const isFirst = before.size === 0;
    heard = new Map(rows.map((chat) => [chat.id, chat.unread || 0]));
    heard.set("", 0);
    if (isFirst || isQuiet()) return;
    const calling = rows.find((chat) => !isBefore(chat) && (before.get(chat.id) ?? -1) < (chat.unread || 0) && chat.last_message?.direction === "in");
    if (calling) once(`${calling.id}.${calling.last_seq}`, () => call(calling));
  });
}

const count = signal(0);

/** Start to watch; to be called once. */
export function startCalling() {
  effect(() => me.value && look());
  effect(() => (count.value = me.value ? unreadChats.value.length : 0));
  effect(() => {
    document.title = count.value ? `(${count.value}) ${t("app.name")}` : t("app.name");
    drawIcon(count.value);
  });
  effect(() => {
    clearInterval(repeat);
    if (!count.value) return;
    repeat = setInterval(() => document.hidden && !isQuiet() && once("again", ring), AGAIN_AFTER);
  });
}

function drawIcon(unread) {
  const canvas = new OffscreenCanvas(32, 32);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#4a4fc4";
  pen.roundRect(1, 3, 30, 23, 7);
  pen.fill();
  pen.beginPath();
  pen.moveTo(8, 24);
  pen.lineTo(8, 31);
  pen.lineTo(16, 25);
  pen.fill();
  if (unread) {
    pen.fillStyle = "#d6337f";
    pen.beginPath();
    pen.arc(23, 9, 9, 0, 7);
    pen.fill();
  }
  canvas.convertToBlob().then((blob) => {
    const link = document.querySelector("link[rel=icon]");
    if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(blob);
  });
}
