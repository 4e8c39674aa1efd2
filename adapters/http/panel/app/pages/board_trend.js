/** How many waited over the last hours: the past itself, asked for moment by moment. */
import uPlot from "uplot";
import { html, useEffect, useRef, useState } from "../html.js";
import { t, timeOf } from "../i18n.js";
import { Skeleton } from "../kit/index.js";
import { recado } from "../state/session.js";

const POINTS = 17;
const STEP = 15 * 60_000; // Milliseconds between two of them.
const HEIGHT = 190;
const LINES = [
  { of: "new", label: "board.new", colour: "--new" },
  { of: "waiting", label: "board.waiting", colour: "--waiting" },
  { of: "open", label: "board.open.count", colour: "--open" },
];

export function Trend() {
  const past = usePast();
  const box = useRef(null);
  useEffect(() => (Array.isArray(past) ? drawn(box.current, past) : undefined), [past]);
  return html`<section class="board-part" aria-labelledby="board-trend">
    <h2 id="board-trend">${t("board.trend")}</h2>
    <p class="soft">${t(past === "unreadable" ? "board.noTrend" : "board.trendLead")}</p>
    ${past === null ? html`<${Skeleton} rows=${2} />` : html`<div class="board-plot"><div ref=${box} /></div>`}
  </section>`;
}

/** Return `[{at, counts}]`, null while it comes, "unreadable" where it does not. */
function usePast() {
  const [past, setPast] = useState(null);
  useEffect(() => {
    const leaving = new AbortController();
    read(leaving.signal).then(setPast, () => leaving.signal.aborted || setPast("unreadable"));
    return () => leaving.abort();
  }, []);
  return past;
}

async function read(signal) {
  const moments = Array.from({ length: POINTS }, (_, n) => Date.now() - (POINTS - 1 - n) * STEP);
  const past = [];
  // One after the other: each is a fold of the log, and nobody hurries.
  for (const at of moments) {
    const last = at === moments.at(-1);
    const params = last ? {} : { as_of: new Date(at).toISOString() };
    past.push({ at, counts: await recado.get("/v1/counts", params, { signal }) });
  }
  return past;
}

const figure = (value) => (typeof value === "string" ? Number.parseInt(value, 10) : value ?? 0);

function drawn(box, past) {
  const colour = (name) => resolved(box, name);
  const axis = { stroke: colour("--ink-faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      series: [
        { value: (_, seconds) => (seconds === null ? "" : timeOf(seconds * 1000)), label: t("board.time") },
        ...LINES.map(({ label, colour: name }) => ({ label: t(label), stroke: colour(name), width: 2, points: { size: 5, fill: colour(name) } })),
      ],
      axes: [{ ...axis, values: (_, times) => times.map((seconds) => timeOf(seconds * 1000)) }, { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }],
      scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] } },
    },
    [past.map(({ at }) => at / 1000), ...LINES.map(({ of }) => past.map(({ counts }) => figure(counts[of])))],
    box,
  );
  const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  resized.observe(box);
  return () => (resized.disconnect(), plot.destroy());
}

/** Return a colour of the sheet of tokens as this theme has it; a canvas knows no variables. */
function resolved(box, name) {
  box.style.color = `var(${name})`;
  const found = getComputedStyle(box).color;
  box.style.color = "";
  return found;
}
