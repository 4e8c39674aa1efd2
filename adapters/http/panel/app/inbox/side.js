/** What is known beside the chat: sections that other parts bring (`sideSections` of `extend.js`). */
import { sideSections } from "../extend.js";
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Button, Icon } from "../kit/index.js";
import { toggleSide } from "./beside.js";
import { chatAtHand } from "./picking.js";

export function SidePane() {
  const chat = chatAtHand.value;
  if (!chat) return null;
  return html`<aside class="side" aria-label=${t("act.side")}>
    <header class="side-head"><h2 class="grow">${t("act.side")}</h2><${Button} iconOnly kind="quiet" icon="x" label=${t("kit.close")} onClick=${() => toggleSide(false)} /></header>
    ${sideSections.all.filter((one) => one.when?.(chat) ?? true).map((one) => html`<details key=${one.id} class="side-section" open>
      <summary><${Icon} name=${one.icon} /><span class="grow">${t(one.label)}</span><${Icon} name="chevron-down" size=${16} class="side-chevron" /></summary>
      <${one.component} chat=${chat} />
    </details>`)}
  </aside>`;
}
