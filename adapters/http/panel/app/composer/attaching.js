/** Files that go with a message: by button, dragged in or pasted, with how far each has come. */
import { newKey, Problem } from "recado";
import { html, useRef, useState } from "../html.js";
import { bytes, t } from "../i18n.js";
import { Button, Icon, toast } from "../kit/index.js";
import { draftOf, write } from "../state/drafts.js";
import { recado } from "../state/session.js";

const MOST = 10;

const kindOf = (mime) => ({ image: "image", audio: "audio", video: "video" })[mime.split("/")[0]] ?? "document";

/** Return why a channel would not take a file; null where it would (T4). */
function obstacle(file, channel) {
  const media = channel?.can?.media;
  if (!media) return null;
  const rule = media[kindOf(file.type)] ?? media.document;
  if (!rule) return t("file.notTaken", { name: file.name });
  if (rule.max_bytes && file.size > rule.max_bytes) return t("file.tooLarge", { name: file.name, size: bytes(file.size), most: bytes(rule.max_bytes) });
  const takes = rule.mimes.some((mime) => mime === "*/*" || mime === file.type) || media.document;
  return takes ? null : t("file.notTaken", { name: file.name });
}

/** The files of a draft, those on their way included. */
export function useFiles({ chat, mode, draft, channel }) {
  const [uploads, setUploads] = useState([]);
  const [isOver, setOver] = useState(false);
  const input = useRef(null);
  const ready = draft.value.attachments;
  const change = (key, changes) => setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...changes } : one)));
  const drop = (key) => setUploads((all) => all.filter((one) => one.key !== key));

  const start = async (upload) => {
    const stop = new AbortController();
    setUploads((all) => [...all.filter(({ key }) => key !== upload.key), { ...upload, share: 0, why: null, stop }]);
    try {
      const kept = await recado.upload(upload.file, { onProgress: (share) => change(upload.key, { share }), signal: stop.signal });
      drop(upload.key);
      const file = { id: kept.id, name: kept.name, size: kept.size, mime: kept.mime };
      write(chat.id, mode, { attachments: [...draftOf(chat.id, mode).value.attachments, file] });
    } catch (problem) {
      if (problem instanceof Problem && problem.code === "aborted") drop(upload.key);
      else change(upload.key, { why: problem.isPassing ? t("problem.unreachable") : problem.message });
    }
  };
  const add = (files) => {
    const room = MOST - ready.length - uploads.length;
    if (files.length > room) toast(t("file.tooMany", { n: MOST }), { tone: "warn" });
    for (const file of [...files].slice(0, Math.max(0, room))) {
      const why = mode === "reply" ? obstacle(file, channel) : null;
      if (why) toast(why, { tone: "warn" });
      else start({ key: newKey(), file });
    }
  };
  return {
    ready, uploads, input, isOver, add, start,
    isBusy: uploads.length > 0,
    cancel: (upload) => (upload.why ? drop(upload.key) : upload.stop.abort()),
    remove: (file) => write(chat.id, mode, { attachments: ready.filter(({ id }) => id !== file.id) }),
    onPaste: (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      add(event.clipboardData.files);
    },
    drop: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => !event.currentTarget.contains(event.relatedTarget) && setOver(false),
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        add(event.dataTransfer.files);
      },
    },
  };
}

export function AttachButton({ files }) {
  const onChange = (event) => {
    files.add(event.currentTarget.files);
    event.currentTarget.value = "";
  };
  return html`<${Button} kind="quiet" iconOnly icon="paperclip" label=${t("composer.attach")} shortcut="Ctrl+⇧+A" onClick=${() => files.input.current.click()} />
    <input ref=${files.input} type="file" multiple hidden aria-label=${t("composer.attach")} onChange=${onChange} />`;
}

export function Files({ files }) {
  if (!files.ready.length && !files.uploads.length) return null;
  return html`<ul class="composer-files">
    ${files.ready.map((file) => html`<li key=${file.id} class="file file-small"><${Icon} name="paperclip" size=${16} /><span class="file-text"><strong class="one-line">${file.name}</strong><small>${bytes(file.size ?? 0)}</small></span>
      <${Button} size="s" kind="quiet" iconOnly icon="x" label=${t("file.remove", { name: file.name })} onClick=${() => files.remove(file)} /></li>`)}
    ${files.uploads.map((one) => html`<li key=${one.key} class="file file-small"><${Icon} name=${one.why ? "circle-alert" : "loader-circle"} size=${16} class=${one.why ? "" : "turning"} />
      <span class="file-text"><strong class="one-line">${one.file.name}</strong>${one.why
        ? html`<small class="field-error">${one.why}</small>`
        : html`<progress max="1" value=${one.share} aria-label=${t("file.uploading", { name: one.file.name, share: Math.round(one.share * 100) })}></progress>`}</span>
      ${one.why && html`<${Button} size="s" kind="quiet" iconOnly icon="rotate-ccw" label=${t("kit.retry")} onClick=${() => files.start(one)} />`}
      <${Button} size="s" kind="quiet" iconOnly icon="x" label=${t("file.remove", { name: one.file.name })} onClick=${() => files.cancel(one)} /></li>`)}
  </ul>`;
}
