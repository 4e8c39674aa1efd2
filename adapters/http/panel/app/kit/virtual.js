/** A list of any length of which only the rows in sight are there. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";

const BEYOND = 6; // Rows drawn above and below what is seen.

/**
 * Rows of one height, keyed by id, as a listbox with one stop for Tab: `rows` are items with `id`,
 * `draw(item, number)` draws one. `chosen` is kept in sight when it changes. `onEnd` is called near the end.
 */
export function VirtualList({ rows, height, draw, label, chosen, onEnd, multi, header, ...rest }) {
  const box = useRef(null);
  const [range, setRange] = useState([0, 30]);
  const measure = () => {
    if (!box.current) return;
    const { scrollTop, clientHeight } = box.current;
    const first = Math.max(0, Math.floor(scrollTop / height) - BEYOND);
    const last = Math.ceil((scrollTop + clientHeight) / height) + BEYOND;
    setRange((held) => (held[0] === first && held[1] === last ? held : [first, last]));
    if (last >= rows.length) onEnd?.();
  };
  useLayoutEffect(measure, [rows.length]);
  useEffect(() => {
    const watching = new ResizeObserver(measure);
    watching.observe(box.current);
    return () => watching.disconnect();
  }, [rows.length]);
  useEffect(() => {
    const at = rows.findIndex(({ id }) => id === chosen);
    if (at < 0 || !box.current) return;
    const { scrollTop, clientHeight } = box.current;
    if (at * height < scrollTop) box.current.scrollTop = at * height;
    else if ((at + 1) * height > scrollTop + clientHeight) box.current.scrollTop = (at + 1) * height - clientHeight;
  }, [chosen]);
  const drawn = useDrawn(draw);
  const [first, last] = range;
  const seen = rows.slice(first, last);
  return html`<div ref=${box} class="virtual" onScroll=${measure} role="listbox" aria-label=${label} tabindex="0"
    aria-multiselectable=${multi ? "true" : undefined} aria-activedescendant=${chosen ? `row-${chosen}` : undefined} ...${rest}>
    <div class="virtual-space" role="presentation" style=${{ height: `${rows.length * height}px` }}>
      ${seen.map((item, number) => html`<div key=${item.id} role="presentation" class="virtual-row" style=${{ transform: `translateY(${(first + number) * height}px)`, height: `${height}px` }}>
        ${drawn(item, first + number)}
      </div>`)}
    </div>
  </div>`;
}

/**
 * Keep what was drawn of rows that are the same: while one scrolls, only those that come are new.
 * Of rows out of sight nothing is kept: it would hold on to all that was on the screen with them.
 */
function useDrawn(draw) {
  const held = useRef({ draw, rows: new Map() });
  const before = held.current.draw === draw ? held.current.rows : new Map();
  const rows = new Map();
  held.current = { draw, rows };
  return (item, number) => {
    rows.set(item, before.get(item) ?? draw(item, number));
    return rows.get(item);
  };
}
