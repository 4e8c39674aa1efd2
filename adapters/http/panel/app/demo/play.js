/** How fast the customers live, and whether chats are given by themselves. */
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Field, Switch } from "../kit/index.js";
import { Section } from "./section.js";
import { change, play } from "./state.js";

const SPEEDS = [1, 2, 5, 10, 25, 50];

export function Play() {
  if (!play.value) return null;
  const { speed, paused, auto_assign: gives } = play.value;
  const speeds = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  return html`<${Section} title=${t("demo.play")}>
    <${Field} as="select" label=${t("demo.speed")} value=${String(speed)} onChange=${(event) => change({ speed: Number(event.currentTarget.value) })}>
      ${speeds.map((one) => html`<option value=${one} selected=${one === speed}>${t("demo.times", { n: one })}</option>`)}
    <//>
    <${Switch} label=${t("demo.paused")} checked=${paused} onChange=${(wanted) => change({ paused: wanted })} />
    <${Switch} label=${t("demo.gives")} help=${t("demo.givesHelp")} checked=${gives} onChange=${(wanted) => change({ auto_assign: wanted })} />
  <//>`;
}
