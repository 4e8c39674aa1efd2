/** All that happened in a chat, and the chat as it was at any of those moments (A1, A2). */
import { cls, html, useEffect, useMemo, useRef, useState } from "../html.js";
import { dayOf, number, t, timeOf, wholeTime } from "../i18n.js";
import { Badge, Banner, Button, Dialog, Icon, Skeleton, Switch } from "../kit/index.js";
import { recado } from "../state/session.js";
import { Past } from "./past.js";
import { save } from "./saving.js";
import { actorOf, iconOf, isFine, toneOf, told } from "./telling.js";
import { historyOf } from "./history.js";

/** @param {{chat: any, onClose: () => void}} props */
export function TimelineDialog({ chat, onClose }) {
  const [events, setEvents] = useState(null);
  const [problem, setProblem] = useState(null);
  const [isWhole, setWhole] = useState(false);
  const [at, setAt] = useState(null);
  useEffect(() => {
    historyOf(chat.id).then(setEvents, (refused) => setProblem(refused.message));
  }, [chat.position]);
  const shown = useMemo(() => (events ?? []).filter((event) => isWhole || !isFine(event)), [events, isWhole]);
  const number_ = at === null ? shown.length - 1 : Math.max(0, shown.findLastIndex((event) => event.position <= at));
  const choose = (index) => setAt(shown[index].position);
  const footer = events && html`<span class="soft grow">${t("timeline.count", { n: events.length })}</span><${Button} icon="download" label=${t("timeline.export")} onClick=${() => save(chat, events)} />`;
  return html`<${Dialog} title=${t("timeline.title", { name: chat.client.name ?? t("chat.noName") })} size="l" onClose=${onClose} footer=${footer} class="timeline">
    ${problem && html`<${Banner} tone="danger">${problem}<//>`}
    ${!events && !problem && html`<${Skeleton} rows=${6} />`}
    ${shown.length > 0 && html`<${Slider} events=${shown} at=${number_} onChange=${choose} />
      <div class="timeline-panes">
        <section class="timeline-events" aria-label=${t("timeline.events")}>
          <${Switch} label=${t("timeline.whole")} checked=${isWhole} onChange=${setWhole} />
          <${Events} events=${shown} at=${number_} onChoose=${choose} />
        </section>
        <${Past} chat=${chat} event=${shown[number_]} isNow=${number_ === shown.length - 1} recado=${recado} />
      </div>`}
  <//>`;
}

function Slider({ events, at, onChange }) {
  const event = events[at];
  const isNow = at === events.length - 1;
  return html`<div class="timeline-slider">
    <label><span class="unseen">${t("timeline.slider")}</span>
      <input type="range" min="0" max=${events.length - 1} value=${at} aria-valuetext=${t("timeline.asAt", { time: wholeTime(event.at) })} onInput=${(input) => onChange(Number(input.currentTarget.value))} />
    </label>
    <output>${isNow ? t("timeline.asNow") : t("timeline.asAt", { time: wholeTime(event.at) })}</output>
  </div>`;
}

function Events({ events, at, onChoose }) {
  const list = useRef(null);
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }), [at]);
  return html`<ol ref=${list}>
    ${events.map((event, index) => {
      const { text, more } = told(event);
      const isNewDay = index === 0 || dayOf(event.at) !== dayOf(events[index - 1].at);
      return html`<li key=${event.position} class=${cls("timeline-event", `tone-${toneOf(event)}`, index > at && "timeline-later")}>
        ${isNewDay && html`<h3 class="timeline-day">${dayOf(event.at)}</h3>`}
        <button type="button" class="timeline-row" aria-current=${index === at ? "step" : undefined} onClick=${() => onChoose(index)}>
          <span class="timeline-icon"><${Icon} name=${iconOf(event)} size=${15} /></span>
          <span class="timeline-text"><span>${text}</span>${more && html`<q class="timeline-more">${more}</q>`}
            <small><time datetime=${event.at}>${timeOf(event.at)}</time> · ${actorOf(event)}${event.cause ? ` · ${t("timeline.cause", { cause: event.cause.slice(0, 8) })}` : ""} · ${t("timeline.position", { n: number(event.position) })}</small></span>
        </button>
      </li>`;
    })}
  </ol>`;
}
