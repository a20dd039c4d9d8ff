// What a kept search says of how its events are looked at, and what the explorer makes of it.

import { DEFAULT, fixed, relative } from "./time-range.js";

/** What the explorer shows for a search. */
export function stateOf({ id, query, view }) {
  const isFixed = view.from || view.to;
  return {
    q: query,
    range: isFixed ? fixed(view.from ?? "", view.to ?? "") : relative(view.range ?? DEFAULT),
    cols: view.columns ?? null,
    group: view.group ?? "outcome",
    order: view.order ?? "desc",
    view: id,
  };
}

/** The view of a state of the explorer, as the service wants it. */
export function viewOf({ range, cols, group, order }) {
  const { relative: name, from, to } = range;
  const times = name ? { range: name } : { from: from || undefined, to: to || undefined };
  return {
    ...times,
    columns: cols ?? undefined,
    group: group === "outcome" ? undefined : group,
    order: order === "desc" ? undefined : order,
  };
}

/** Whether a state shows what the search says. */
export function isSame(state, search) {
  const text = (view) => JSON.stringify([view.range, view.from, view.to, view.columns, view.group, view.order]);
  return state.q === search.query && text(viewOf(state)) === text(viewOf(stateOf(search)));
}
