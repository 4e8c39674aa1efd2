/** What can be read only now: a password, a token, a signing secret. */
import { html, signal } from "../../html.js";
import { t } from "../../i18n.js";
import { Banner, Button, Copyable, Dialog } from "../../kit/index.js";

const told = signal(null);

/** @param {{title: string, values: {label: string, value: string}[]}} secret */
export const tellOnce = (secret) => (told.value = secret);

/** Where it is shown. Put once into the page. */
export function Once() {
  if (!told.value) return null;
  const { title, values } = told.value;
  const close = () => (told.value = null);
  const footer = html`<${Button} kind="primary" label=${t("once.done")} onClick=${close} />`;
  return html`<${Dialog} title=${title} onClose=${close} footer=${footer}>
    <div class="form">
      <${Banner} tone="warn">${t("once.lead")}<//>
      ${values.map(({ label, value }) => html`<${Copyable} key=${label} label=${label} value=${value} />`)}
    </div>
  <//>`;
}
