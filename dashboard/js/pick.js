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
  return { from: row[time.name], to: periodEnd(row[time.name], granularity) };
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

/** Filters by it, or no more where that is so already. */
export function toggle(target) {
  const chosen = isChosen(target);
  if (target.filters) {
    state.setFilters(
      chosen ? Object.fromEntries(Object.keys(target.filters).map((name) => [name, []])) : target.filters,
    );
  } else if (chosen) {
    state.leaveDays();
  } else {
    state.enterDays(target.from, target.to);
  }
}
