/** A value that is there to be taken along: a secret shown once, an address for somebody else's form. */
import { html, useId, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";

const SAID_FOR = 2_000;

/** A value that cannot be changed, and a button that copies it. */
export function Copyable({ label, value, help }) {
  const [isCopied, setCopied] = useState(false);
  const input = useRef(null);
  const id = useId();
  const copy = async () => {
    input.current.select();
    // Without the clipboard (plain http on another host) it is selected, ready for the key.
    await navigator.clipboard?.writeText(value).then(() => setCopied(true), () => {});
    setTimeout(() => setCopied(false), SAID_FOR);
  };
  return html`<div class="field copyable">
    <label for=${id}>${label}</label>
    <div class="copyable-row">
      <input ref=${input} id=${id} readonly value=${value} spellcheck=${false} onFocus=${(event) => event.currentTarget.select()} />
      <${Button} icon=${isCopied ? "check" : "copy"} label=${t(isCopied ? "kit.copied" : "kit.copy")} aria-label=${`${t("kit.copy")}: ${label}`} onClick=${copy} />
    </div>
    ${help && html`<small>${help}</small>`}
    <span class="unseen" role="status">${isCopied ? t("kit.copied") : ""}</span>
  </div>`;
}
