/** The parts of the installation as their supervisor sees them, and a button that really kills each. */
import { cls, html, useState } from "../html.js";
import { lasting, t } from "../i18n.js";
import { Button } from "../kit/index.js";
import { now } from "../state/now.js";
import { Section } from "./section.js";
import { fell, isReached, play } from "./state.js";

const SECONDS = 5;

export function Parts() {
  if (!play.value) return null;
  return html`<${Section} title=${t("demo.parts")} lead=${t("demo.partsLead")}>
    <ul class="demo-parts" aria-live="polite">${play.value.parts.map((part) => html`<${Part} key=${part.name} part=${part} />`)}</ul>
  <//>`;
}

function Part({ part }) {
  const [isAsked, setAsked] = useState(false);
  // The one that answers is known to be down by its silence alone.
  const isUp = part.is_up && (isReached.value || part.name !== "serve");
  const onClick = async () => {
    setAsked(true);
    await fell(part.name, SECONDS);
    setTimeout(() => setAsked(false), 2_000);
  };
  const since = lasting(now.value - part.since * 1000);
  const words = !isUp ? t("demo.down") : part.starts > 1 ? t("demo.back", { n: part.starts - 1, time: since }) : t("demo.up", { time: since });
  return html`<li class=${cls("demo-part", !isUp && "demo-part-down")}>
    <span class="demo-part-dot" aria-hidden="true"></span>
    <span class="demo-part-name">${t(`demo.part.${part.name}`)}<small>${words}</small></span>
    <${Button} size="s" kind="danger" label=${t("demo.fell", { n: SECONDS })} aria-label=${t("demo.fellPart", { part: t(`demo.part.${part.name}`), n: SECONDS })} disabled=${!isUp || isAsked} onClick=${onClick} />
  </li>`;
}
