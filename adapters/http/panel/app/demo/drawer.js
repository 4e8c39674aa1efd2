/** The drawer at the right: what to try, how the play goes, what breaks, what is proved. */
import { html, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../kit/index.js";
import { Own } from "./own.js";
import { Parts } from "./parts.js";
import { People } from "./people.js";
import { Play } from "./play.js";
import { Proof } from "./proof.js";
import { Steps } from "./steps.js";
import { toggle } from "./state.js";

export function Drawer() {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  const onKeyDown = (event) => event.key === "Escape" && (event.stopPropagation(), toggle());
  return html`<aside ref=${box} class="demo" tabindex="-1" aria-label=${t("demo.title")} onKeyDown=${onKeyDown}>
    <header class="demo-head"><h2>${t("demo.title")}</h2><${Button} iconOnly kind="quiet" icon="x" label=${t("kit.close")} onClick=${toggle} /></header>
    <div class="demo-body">
      <${Steps} /><${Play} /><${Parts} /><${Proof} /><${Own} /><${People} />
    </div>
  </aside>`;
}
