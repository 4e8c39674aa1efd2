/** The protocol number, for clients who ask for one; a click copies it. */
import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { Icon, toast } from "../kit/index.js";
import { recado } from "../state/session.js";

const known = new Map();

export function Protocol({ chat }) {
  const [protocol, setProtocol] = useState(known.get(chat.id));
  useEffect(() => {
    if (known.has(chat.id)) return setProtocol(known.get(chat.id));
    recado.chat(chat.id).then(({ protocol: read }) => (known.set(chat.id, read), setProtocol(read)), () => {});
    return undefined;
  }, [chat.id]);
  if (!protocol) return null;
  const copy = () => navigator.clipboard.writeText(protocol).then(() => toast(t("protocol.copied", { protocol }), { tone: "good", lasts: 2_500 }));
  return html`<button type="button" class="protocol" aria-label=${t("protocol.copy", { protocol })} data-tip=${t("protocol.copyTip")} onClick=${copy}><${Icon} name="hash" size=${14} /><span>${protocol}</span><${Icon} name="copy" size=${14} class="protocol-copy" /></button>`;
}
