// What is unlike before, by a rule that fits into one sentence: numbers of now against an average of before.

const EVENTS_MIN = 5;
const RATIO_MIN = 3;
const SHOWN_MAX = 6;

/** Values that are frequent beyond their average,
  the most unusual first; `ratio` is null for what never was before. */
export function unusual(now, before, ranges) {
  const known = new Map(before.map(({ value, count }) => [value, count / ranges]));
  const found = now
    .filter(({ count }) => count >= EVENTS_MIN)
    .map(({ value, count }) => ({ value, count, ratio: known.has(value) ? count / known.get(value) : null }))
    .filter(({ ratio }) => ratio === null || ratio >= RATIO_MIN);
  const rank = ({ ratio }) => ratio ?? Infinity;
  return found.sort((a, b) => rank(b) - rank(a) || b.count - a.count).slice(0, SHOWN_MAX);
}
