/** The second factor: a telephone that shows codes, added by a picture, and codes on paper for when it is lost. */
import { correction, generate } from "lean-qr";
import { html, useState } from "../../html.js";
import { t } from "../../i18n.js";
import { Badge, Button, Copyable, Dialog, toast } from "../../kit/index.js";
import { me, recado, stillHere } from "../../state/session.js";
import { Form } from "./form.js";

const PASSWORD = [{ name: "password", label: "security.current", kind: "secret", required: true, more: { autocomplete: "current-password", autofocus: true } }];
const CODE = [{ name: "code", label: "factor.code", help: "factor.codeHelp", required: true, more: { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 40, autofocus: true } }];

export function SecondFactor() {
  const [step, setStep] = useState(null);
  const isThere = me.value.second_factor;
  const close = () => setStep(null);
  return html`
    <div class="security-row">
      ${isThere ? html`<${Badge} tone="waiting" icon="shield-check">${t("factor.on")}<//>` : html`<${Badge} tone="warn" icon="shield">${t("factor.off")}<//>`}
      <${Button} kind=${isThere ? "danger" : "primary"} label=${t(isThere ? "factor.remove" : "factor.add")} onClick=${() => setStep(isThere ? "remove" : "add")} />
    </div>
    ${step === "add" && html`<${Adding} onClose=${close} />`}
    ${step === "remove" && html`<${Removing} onClose=${close} />`}`;
}

function Adding({ onClose }) {
  const [begun, setBegun] = useState(null);
  const [codes, setCodes] = useState(null);
  const begin = async ({ password }) => setBegun(await recado.ask("POST", "/v1/me/second-factor", { password }));
  const confirm = async ({ code }) => {
    const { recovery_codes: told } = await recado.ask("POST", "/v1/me/second-factor/confirm", { code: code.replace(/\s/g, "") });
    setCodes(told);
    await stillHere();
  };
  const cancel = html`<${Button} label=${t("kit.cancel")} onClick=${onClose} />`;
  if (codes) return html`<${Paper} codes=${codes} onClose=${onClose} />`;
  if (!begun) {
    return html`<${Dialog} key="password" size="s" title=${t("factor.add")} onClose=${onClose}>
      <p class="soft">${t("factor.whoAreYou")}</p>
      <${Form} fields=${PASSWORD} values=${{ password: "" }} save=${begin} label=${t("factor.next")}>${cancel}<//>
    <//>`;
  }
  return html`<${Dialog} key="scan" title=${t("factor.scan")} onClose=${onClose}>
    <div class="factor">
      <p>${t("factor.scanLead")}</p>
      <${Picture} text=${begun.uri} />
      <${Copyable} label=${t("factor.secret")} value=${begun.secret} help=${t("factor.secretHelp")} />
      <${Form} fields=${CODE} values=${{ code: "" }} save=${confirm} label=${t("factor.confirm")}>${cancel}<//>
    </div>
  <//>`;
}

function Removing({ onClose }) {
  const save = async ({ password }) => {
    await recado.ask("POST", "/v1/me/second-factor/remove", { password });
    toast(t("factor.removed"), { tone: "good" });
    onClose();
    await stillHere();
  };
  return html`<${Dialog} size="s" title=${t("factor.remove")} onClose=${onClose}>
    <p class="soft">${t("factor.removeLead")}</p>
    <${Form} fields=${PASSWORD} values=${{ password: "" }} save=${save} danger label=${t("factor.remove")}><${Button} label=${t("kit.cancel")} onClick=${onClose} /><//>
  <//>`;
}

/** The codes for when the telephone is lost, told once. */
function Paper({ codes, onClose }) {
  const footer = html`<${Button} kind="primary" label=${t("once.done")} onClick=${onClose} />`;
  return html`<${Dialog} key="paper" title=${t("factor.paper")} onClose=${onClose} footer=${footer}>
    <div class="factor">
      <p>${t("factor.paperLead")}</p>
      <ol class="factor-codes">${codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ol>
      <${Copyable} label=${t("factor.allCodes")} value=${codes.join(" ")} />
    </div>
  <//>`;
}

const QUIET = 4; // Modules of white around, as readers want it.

/** A picture that a telephone reads; always dark on light, whatever the theme. */
function Picture({ text }) {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const side = code.size + 2 * QUIET;
  const dark = Array.from({ length: code.size ** 2 }, (_, at) => [at % code.size, Math.floor(at / code.size)]).filter(([x, y]) => code.get(x, y));
  return html`<svg class="qr" role="img" aria-label=${t("factor.picture")} viewBox=${`0 0 ${side} ${side}`} shape-rendering="crispEdges">
    <rect width=${side} height=${side} fill="#ffffff" /><path fill="#000000" d=${dark.map(([x, y]) => `M${x + QUIET} ${y + QUIET}h1v1h-1z`).join("")} />
  </svg>`;
}
