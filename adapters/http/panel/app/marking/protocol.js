/** The protocol number, for clients who ask for one; a click copies it. */
import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { Icon, toast } from "../kit/index.js";
import { withEntry } from "../state/keeping.js";
import { recado } from "../state/session.js";

let asked = new Map();

/** Return the promise of a chat's number, which never changes: all who ask share it. */
function protocolOf(id) {
  if (!asked.has(id)) {
    const answer = recado.chat(id).then(({ protocol }) => protocol);
    answer.catch(() => asked.delete(id));
    asked = withEntry(asked, id, answer);
  }
  return asked.get(id);
}

export function Protocol({ chat }) {
  const [protocol, setProtocol] = useState(null);
  useEffect(() => void protocolOf(chat.id).then(setProtocol, () => {}), [chat.id]);
  if (!protocol) return null;
  const copy = () => navigator.clipboard.writeText(protocol).then(() => toast(t("protocol.copied", { protocol }), { tone: "good", lasts: 2_500 }));
  return html`<button type="button" class="protocol" aria-label=${t("protocol.copy", { protocol })} data-tip=${t("protocol.copyTip")} onClick=${copy}><${Icon} name="hash" size=${14} /><span>${protocol}</span><${Icon} name="copy" size=${14} class="protocol-copy" /></button>`;
}
