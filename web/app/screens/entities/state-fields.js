// The fields of a target at a time, from the changes that its events recorded.

/**
 * The fields at a time, from events with changes,
   oldest first: `{ path, value, isThere, by, isBefore }`. Of a field that
 * changed only later its value before that change is what it was.
 */
export function stateAt(events, at) {
  const fields = new Map();
  for (const event of events) {
    const isLater = Date.parse(event.occurred_at) > at;
    for (const change of event.changes ?? []) {
      if (!isLater) fields.set(change.path, { value: change.new, isThere: change.op !== "remove", by: event });
      else if (!fields.has(change.path)) {
        fields.set(change.path, { value: change.old, isThere: change.op !== "add", by: event, isBefore: true });
      }
    }
  }
  return [...fields].map(([path, field]) => ({ path, ...field })).sort((a, b) => (a.path < b.path ? -1 : 1));
}
