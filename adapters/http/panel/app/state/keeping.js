/** What is kept of what was read: little, so that a day in the panel does not fill the memory. */

/** Return a map with one entry more, at its end, and without the oldest ones beyond `most`. */
export function withEntry(map, key, value, most = 60) {
  const next = new Map(map);
  next.delete(key);
  next.set(key, value);
  for (const oldest of next.keys()) {
    if (next.size <= most) break;
    next.delete(oldest);
  }
  return next;
}

/** Return a reader of what changes seldom: within a minute all who ask share one answer. */
export function seldom(read, every = 60_000) {
  let answer = null;
  let askedAt = -Infinity;
  return () => {
    if (performance.now() - askedAt > every) {
      askedAt = performance.now();
      answer = read();
      answer.catch(() => (askedAt = -Infinity));
    }
    return answer;
  };
}
