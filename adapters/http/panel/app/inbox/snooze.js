/** Until when a chat is put aside (T7). */
import { html, useState } from "../html.js";
import { dayAndTime, t } from "../i18n.js";
import { Button, Dialog, Field, Icon } from "../kit/index.js";
import { snooze } from "./acts.js";
import { snoozing } from "./going.js";

const HOUR = 3_600_000;

function nine(daysOn) {
  const at = new Date();
  at.setDate(at.getDate() + daysOn);
  at.setHours(9, 0, 0, 0);
  return at;
}

export function Snooze() {
  const chat = snoozing.value;
  return chat && html`<${Choice} chat=${chat} />`;
}

function Choice({ chat }) {
  const [own, setOwn] = useState("");
  const close = () => (snoozing.value = null);
  const until = (time) => () => {
    close();
    snooze(chat, time);
  };
  const toMonday = (8 - new Date().getDay()) % 7 || 7;
  const times = [["hour", new Date(Date.now() + HOUR)], ["tomorrow", nine(1)], ["week", nine(toMonday)]];
  const chosen = own && new Date(own) > new Date() ? new Date(own) : null;
  return html`<${Dialog} size="s" title=${t("snooze.title")} onClose=${close}>
    <div class="form">
      ${times.map(([name, time]) => html`<button key=${name} type="button" class="menu-item" onClick=${until(time)}><${Icon} name="alarm-clock" /><span class="menu-label">${t(`snooze.${name}`)}</span><small>${dayAndTime(time)}</small></button>`)}
      <${Field} label=${t("snooze.title")} hideLabel type="datetime-local" value=${own} onInput=${(event) => setOwn(event.currentTarget.value)} />
      <${Button} kind="primary" label=${t("act.snooze")} disabled=${!chosen} onClick=${chosen ? until(chosen) : undefined} />
    </div>
  <//>`;
}
