// Where the squares of a calendar lie.

const DAY_MS = 86_400_000;

/** Days with their place: `{ start, end, count, week, day }`, from the oldest. */
export function layOut(buckets, dayIndex) {
  const days = buckets.map(({ start, count: amount }) => ({ start: Date.parse(start), count: amount }));
  if (!days.length) return [];
  const offset = dayIndex(days[0].start);
  return days.map((day, index) => ({
    ...day,
    end: days[index + 1]?.start ?? day.start + DAY_MS,
    week: Math.floor((index + offset) / 7),
    day: (index + offset) % 7,
  }));
}
