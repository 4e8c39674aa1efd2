/** What stands where a part cannot be fetched any more: the service has another version by now. */
import { html } from "./html.js";
import { t } from "./i18n.js";
import { Button, Empty } from "./kit/index.js";

export function NewVersion() {
  const action = html`<${Button} kind="primary" label=${t("app.reload")} onClick=${() => location.reload()} />`;
  return html`<${Empty} icon="refresh-cw" title=${t("app.newVersion")} action=${action} />`;
}
