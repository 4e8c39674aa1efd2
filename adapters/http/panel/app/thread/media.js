/** Files of a message: pictures that open large, sound that plays, films, and everything else to save. */
import { html, signal, useEffect, useRef, useState } from "../html.js";
import { bytes, clock, t } from "../i18n.js";
import { Button, Dialog, Icon } from "../kit/index.js";
import { recado } from "../state/session.js";

/** The pictures of the chat and which one is shown large; null for none. */
export const lightbox = signal(null);

const isImage = ({ kind, mime }) => ["image", "sticker"].includes(kind) || /^image\/(png|jpeg|gif|webp|avif)$/.test(mime ?? "");
const isSound = ({ kind, mime }) => ["audio", "voice"].includes(kind) || (mime ?? "").startsWith("audio/");
const isFilm = ({ kind, mime }) => kind === "video" || (mime ?? "").startsWith("video/");
const nameOf = ({ name }) => name ?? t("file.noName");

/** @param {{file: any, caption: string, all: () => any[]}} props `all` tells the pictures to leaf through */
export function Attachment({ file, all }) {
  if (!file.sha256) return html`<${Pending} file=${file} />`;
  if (isImage(file)) return html`<${Picture} file=${file} all=${all} />`;
  if (isSound(file)) return html`<${Sound} file=${file} />`;
  if (isFilm(file)) return html`<video class="film" controls preload="metadata" src=${recado.fileUrl(file.sha256)}></video>`;
  return html`<${File} file=${file} />`;
}

export const picturesOf = (messages) => messages.flatMap(({ attachments }) => attachments.filter((file) => file.sha256 && isImage(file)));

function Pending({ file }) {
  const isLost = file.state === "lost" || file.state === "failed";
  return html`<span class="file file-pending"><${Icon} name=${isLost ? "ban" : "loader-circle"} class=${isLost ? "" : "turning"} />
    <span class="file-text"><strong class="one-line">${nameOf(file)}</strong><small>${t(isLost ? "file.lost" : "file.pending")}</small></span></span>`;
}

function Picture({ file, all }) {
  const name = nameOf(file);
  return html`<button type="button" class=${file.kind === "sticker" ? "picture picture-sticker" : "picture"} aria-label=${t("file.enlarge", { name })}
    onClick=${() => enlarge(file, all())}>
    <img src=${recado.fileUrl(file.sha256, { thumbnail: Boolean(file.thumbnail) })} alt=${name} loading="lazy" decoding="async" />
  </button>`;
}

function enlarge({ sha256 }, files) {
  lightbox.value = { files, at: Math.max(0, files.findIndex((one) => one.sha256 === sha256)) };
}

function File({ file }) {
  const name = nameOf(file);
  return html`<a class="file" href=${recado.fileUrl(file.sha256)} download=${name} aria-label=${t("file.download", { name })}>
    <${Icon} name="file-text" size=${22} /><span class="file-text"><strong class="one-line">${name}</strong><small>${file.size ? bytes(file.size) : ""}</small></span><${Icon} name="download" />
  </a>`;
}

const SPEEDS = [1, 1.5, 2];

function Sound({ file }) {
  const audio = useRef(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [speed, setSpeed] = useState(1);
  const toggle = () => (isPlaying ? audio.current.pause() : audio.current.play().catch(() => {}));
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    audio.current.playbackRate = next;
    setSpeed(next);
  };
  const seek = (event) => (audio.current.currentTime = Number(event.currentTarget.value));
  return html`<span class="sound">
    <audio ref=${audio} preload="metadata" src=${recado.fileUrl(file.sha256)} onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)}
      onTimeUpdate=${() => setAt(audio.current.currentTime)} onLoadedMetadata=${() => Number.isFinite(audio.current.duration) && setLength(audio.current.duration)}></audio>
    <${Button} iconOnly kind="primary" class="sound-play" icon=${isPlaying ? "pause" : "play"} label=${t(isPlaying ? "audio.pause" : "audio.play")} onClick=${toggle} />
    <input type="range" min="0" max=${length || 1} step="0.1" value=${at} aria-label=${t("audio.seek")} aria-valuetext=${clock(at)} onInput=${seek} />
    <span class="sound-time">${clock(length ? length - at : at)}</span>
    <button type="button" class="sound-speed" aria-label=${t("audio.speed")} onClick=${faster}>${speed}×</button>
  </span>`;
}

/** A picture as large as the window, with those before and after it. Put once into the thread. */
export function Lightbox() {
  const shown = lightbox.value;
  const step = (by) => {
    const held = lightbox.value;
    if (held) lightbox.value = { ...held, at: (held.at + by + held.files.length) % held.files.length };
  };
  useEffect(() => {
    if (!shown) return undefined;
    const onKey = ({ key }) => (key === "ArrowRight" ? step(1) : key === "ArrowLeft" && step(-1));
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [Boolean(shown)]);
  if (!shown) return null;
  const file = shown.files[shown.at];
  if (!file) return null;
  const name = nameOf(file);
  const footer = html`${shown.files.length > 1 && html`<${Button} iconOnly icon="chevron-left" label=${t("find.previous")} onClick=${() => step(-1)} />
    <span class="soft">${t("find.count", { at: shown.at + 1, n: shown.files.length })}</span>
    <${Button} iconOnly icon="chevron-right" label=${t("find.next")} onClick=${() => step(1)} />`}<span class="grow"></span>
    <a class="button" href=${recado.fileUrl(file.sha256)} download=${name}><${Icon} name="download" /> ${t("file.download", { name: "" })}</a>`;
  return html`<${Dialog} class="lightbox" size="l" title=${name} onClose=${() => (lightbox.value = null)} footer=${footer}>
    <img src=${recado.fileUrl(file.sha256)} alt=${name} />
  <//>`;
}
