/** Until when a chat is put aside (T7): in the account's days and hours, or until the client writes. */
import { html, useEffect, useRef, useState } from "../html.js";
import { dayAndTime, t } from "../i18n.js";
import { Button, Dialog, Field, Icon, Keys } from "../kit/index.js";
import { accountSettings, loadSettings } from "../state/settings.js";
import { instantOf, wallTime } from "../state/zone.js";
import { snooze } from "./acts.js";
import { snoozing, UNTIL_HE_WRITES } from "./going.js";

const HOUR = 3_600_000;
const MORNING = 9;
/** The times to choose from, at an instant: `[name, when]`. */
export function choices(at, zone) {
  const today = wallTime(at, zone);
  const morning = (days) => instantOf({ ...today, day: today.day + days, hour: MORNING, minute: 0 }, zone);
  return [
    ["reply", new Date(at.getTime() + UNTIL_HE_WRITES)],
    ["hour", new Date(at.getTime() + HOUR)],
    ["tomorrow", morning(1)],
    ["week", morning(8 - today.weekday)],
    ["month", instantOf({ year: today.year, month: today.month + 1, day: 1, hour: MORNING }, zone)],
  ];
}

export function Snooze() {
  const chat = snoozing.value;
  return chat && html`<${Choice} key=${chat.id} chat=${chat} />`;
}

function Choice({ chat }) {
  const [own, setOwn] = useState("");
  const list = useRef(null);
  useEffect(() => {
    loadSettings().catch(() => {});
  }, []);
  const close = () => (snoozing.value = null);
  const until = (time) => {
    close();
    snooze(chat, time);
  };
  const zone = accountSettings.value.time_zone;
  const times = choices(new Date(), zone);
  const chosen = ownTime(own, zone);
  const onKeyDown = (event) => {
    const buttons = [...list.current.querySelectorAll(".menu-item")];
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) buttons.at((buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length).focus();
    else if (times[Number(event.key) - 1] && event.target.tagName !== "INPUT") until(times[Number(event.key) - 1][1]);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} size="s" title=${t("snooze.title")} onClose=${close}>
    <div ref=${list} onKeyDown=${onKeyDown}>
      ${times.map(([name, time], number) => html`<button key=${name} type="button" class="menu-item" autofocus=${number === 0} onClick=${() => until(time)}>
        <${Icon} name=${name === "reply" ? "reply" : "alarm-clock"} /><span class="menu-label">${t(`snooze.${name}`)}</span>
        ${name !== "reply" && html`<small>${dayAndTime(time)}</small>`}<${Keys} keys=${String(number + 1)} />
      </button>`)}
    </div>
    <hr />
    <div class="snooze-own">
      <${Field} label=${t("snooze.own")} help=${t("snooze.zone", { zone })} type="datetime-local" value=${own} onInput=${(event) => setOwn(event.currentTarget.value)} />
      <${Button} kind="primary" label=${t("act.snooze")} disabled=${!chosen} onClick=${chosen ? () => until(chosen) : undefined} />
    </div>
  <//>`;
}

/** Return the instant that was entered, in the account's zone; null for none and for a past one. */
function ownTime(text, zone) {
  const [, year, month, day, hour, minute] = (/^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(text) ?? []).map(Number);
  if (!year) return null;
  const at = instantOf({ year, month, day, hour, minute }, zone);
  return at > new Date() ? at : null;
}
