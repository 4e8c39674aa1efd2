/** Dialogs: the browser's own, so that what is behind cannot be reached, and Escape closes. */
import { html, signal, useId, useLayoutEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";

/** A dialog that is open while it is drawn. `footer` holds its buttons; `size` is s, m or l. */
export function Dialog({ title, onClose, children, footer, size = "m", class: extra = "" }) {
  const box = useRef(null);
  const id = useId();
  // Before the next key: who knows the way types on, and nothing of it may be lost.
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    // Where there is nothing to fill in, not the first button is what one reads first.
    const isAsked = document.activeElement?.closest(".dialog-body, .dialog-foot");
    const body = box.current.querySelector(".dialog-body");
    // What is only read can be scrolled by keys.
    if (!body.querySelector("a, button, input, select, textarea, [tabindex]")) body.tabIndex = 0;
    if (!isAsked) (body.querySelector("input, select, textarea") ?? (body.tabIndex === 0 ? body : box.current)).focus();
    return () => before?.isConnected && before.focus?.();
  }, []);
  const onCancel = (event) => {
    event.preventDefault();
    onClose();
  };
  const onBackdrop = (event) => event.target === box.current && onClose();
  return html`<dialog ref=${box} tabindex="-1" class=${`dialog dialog-${size} ${extra}`} aria-labelledby=${id} onCancel=${onCancel} onPointerDown=${onBackdrop}>
    <div class="dialog-box">
      <header class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <${Button} label=${t("kit.close")} icon="x" kind="quiet" iconOnly onClick=${onClose} />
      </header>
      <div class="dialog-body">${children}</div>
      ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
    </div>
  </dialog>`;
}

const question = signal(null);

/** Ask before something that cannot be undone; true when it is to be done. */
export function confirmed({ title, text, yes, danger = false }) {
  return new Promise((resolve) => (question.value = { title, text, yes, danger, resolve }));
}

/** Where such questions are shown. Put once into the page. */
export function Questions() {
  const asked = question.value;
  if (!asked) return null;
  const answer = (value) => {
    question.value = null;
    asked.resolve(value);
  };
  const footer = html`<${Button} label=${t("kit.cancel")} onClick=${() => answer(false)} />
    <${Button} label=${asked.yes} kind=${asked.danger ? "danger" : "primary"} autofocus onClick=${() => answer(true)} />`;
  return html`<${Dialog} title=${asked.title} size="s" onClose=${() => answer(false)} footer=${footer}><p>${asked.text}</p><//>`;
}
