/** Short notes in a corner that go by themselves: what happened, and how to undo it. */
import { cls, html, signal } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./bits.js";
import { Button } from "./button.js";

const ICONS = { info: "info", good: "circle-check", danger: "circle-alert", warn: "triangle-alert" };
const MOST = 4;
const toasts = signal([]);
let last = 0;

/**
 * Show a note. `action` is `{label, run}`; `lasts` in milliseconds. Returns how to take it away.
 * @param {string} text @param {{tone?: "info"|"good"|"warn"|"danger", action?: {label: string, run: () => void}, lasts?: number}} [how]
 */
export function toast(text, { tone = "info", action, lasts = action ? 8_000 : 5_000 } = {}) {
  const id = (last += 1);
  const remove = () => (toasts.value = toasts.value.filter((one) => one.id !== id));
  toasts.value = [...toasts.value, { id, text, tone, action, remove }].slice(-MOST);
  setTimeout(remove, lasts);
  return remove;
}

/** Tell what was refused, in the words of the service. @param {any} problem */
export function tellProblem(problem) {
  const text = problem.isPassing ? t("problem.unreachable") : problem.message;
  toast(problem.requestId && problem.status >= 500 ? t("problem.withId", { text, id: problem.requestId }) : text, { tone: "danger" });
}

/** Do something, and tell when it is refused; returns what came of it, or undefined. */
export async function attempt(act) {
  try {
    return await act();
  } catch (problem) {
    if (!("status" in problem)) throw problem;
    tellProblem(problem);
    return undefined;
  }
}

/** Where notes are shown. Put once into the page. */
export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map(({ id, text, tone, action, remove }) => html`<div key=${id} class=${cls("toast", `toast-${tone}`)}>
      <${Icon} name=${ICONS[tone]} /><span class="toast-text">${text}</span>
      ${action && html`<${Button} size="s" kind="quiet" label=${action.label} onClick=${() => (remove(), action.run())} />`}
      <${Button} size="s" kind="quiet" icon="x" iconOnly label=${t("kit.close")} onClick=${remove} />
    </div>`)}
  </div>`;
}
