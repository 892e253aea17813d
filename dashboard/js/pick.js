// Cross-filters: what a click on a row stands for.

import * as state from "./state.js";
import { periodEnd } from "./range.js";

/** What a row would filter by: its dimensions, or its days. Null where it names nothing that can be filtered by. */
export function targetOf(kpi, row, context) {
  const filters = {};
  for (const column of kpi.columns)
    if (column.key && state.FILTERS.includes(column.name) && typeof row[column.name] === "string")
      filters[column.name] = [row[column.name]];
  if (Object.keys(filters).length) return { filters };
  const time = kpi.columns.find((column) => column.key && column.type === "day" && column.name === kpi.chart.x);
  if (!time || !row[time.name]) return null;
  const granularity = time.name === "period" ? context.granularity : "day";
  const [first, last] = [row[time.name], periodEnd(row[time.name], granularity)];
  // Of a period that the range cuts the row has only the days within.
  const { from, to } = context.asked;
  return { from: from > first ? from : first, to: to && to < last ? to : last };
}

/** Whether the state is filtered by exactly this already. */
export function isChosen(target) {
  const now = state.get();
  if (target.filters)
    return Object.entries(target.filters).every(
      ([name, [value]]) => now.filters[name].length === 1 && now.filters[name][0] === value,
    );
  return now.from === target.from && now.to === target.to;
}

/** What clicks took the place of, by what they filtered by: clicked once more, it comes back. */
const replaced = new Map();

/** Of each of the names what values() says. */
const forEach = (names, values) => Object.fromEntries(names.map((name) => [name, values(name)]));

/** Filters by it, or no more where that is so already. */
export function toggle(target) {
  const chosen = isChosen(target);
  if (target.filters) {
    const [names, key] = [Object.keys(target.filters), JSON.stringify(target.filters)];
    if (!chosen)
      replaced.set(
        key,
        forEach(names, (name) => state.get().filters[name]),
      );
    state.setFilters(chosen ? (replaced.get(key) ?? forEach(names, () => [])) : target.filters);
  } else if (chosen) {
    state.leaveDays();
  } else {
    state.enterDays(target.from, target.to);
  }
}
