// What was before: the comparison of an answer, row by row. What is not known is told apart from what was nothing.

import { requestFor } from "./api.js";
import { columnOf, shortDays } from "./format.js";
import { periodEnd } from "./range.js";
import { FILTERS } from "./state.js";

const ROWS_MOST = 10_000;

const keysOf = (kpi) => kpi.columns.filter((column) => column.key).map((column) => column.name);
const keyOf = (keys, row) => JSON.stringify(keys.map((name) => row[name]));
/** Periods are compared by their place. */
const byPlace = (kpi) => columnOf(kpi, kpi.chart.x)?.type === "day" && kpi.parameters.includes("granularity");
/** Days of two ranges never are the same. */
const hasDays = (kpi) => kpi.columns.some((column) => column.key && column.type === "day");

/** The filters that leave few rows but those; none where a key is no filter. No filter asks for what has no name. */
function filtersOf(kpi, rows) {
  const keys = keysOf(kpi);
  if (!keys.every((name) => FILTERS.includes(name) && kpi.parameters.includes(name))) return {};
  const named = keys.filter((name) => rows.every((row) => row[name] !== null));
  return Object.fromEntries(named.map((name) => [name, [...new Set(rows.map((row) => row[name]))]]));
}

/** The rows to be asked for: those that some key names. */
function missingRows(kpi, answer) {
  const keys = keysOf(kpi);
  const known = new Set(answer.comparison.data.map((row) => keyOf(keys, row)));
  const missing = answer.data.filter((row) => !known.has(keyOf(keys, row)));
  const named = missing.filter((row) => keys.every((name) => row[name] !== null));
  return named.length ? named : missing.filter((row) => keys.some((name) => row[name] !== null));
}

/** A comparison is a ranking of its own, which lacks rows that are shown now: those are asked for. Gives { rows, whole }, whole when what
 *  is in neither was nothing; null where there is nothing to ask for. */
export async function missingBefore(kpi, answer, view) {
  const { comparison } = answer;
  if (!["bar", "stacked-bar"].includes(kpi.chart.type) || !comparison?.next_offset || hasDays(kpi)) return null;
  const missing = missingRows(kpi, answer);
  if (!missing.length || !kpi.parameters.includes("limit")) return null;
  const filters = { ...view.state.filters, ...filtersOf(kpi, missing) };
  const path = requestFor(kpi, { ...view.state, filters }, comparison, ROWS_MOST);
  try {
    const { data, next_offset } = await view.get(path);
    return { rows: data, whole: !next_offset, asked: new Set(missing.map((row) => keyOf(keysOf(kpi), row))) };
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    return null; // then it is not known
  }
}

/** A row of which it is known that there was nothing. */
const nothing = (kpi) =>
  Object.fromEntries(
    kpi.columns.map((column) => [column.name, ["money", "count"].includes(column.type) && !column.key ? 0 : null]),
  );

/** The comparison of an answer: its rows, what was before a row (undefined where that is not known), and its days in words. */
export function beforeOf(kpi, answer, status, also) {
  const { comparison } = answer;
  const began = status?.first_day;
  // Of days before the first one of the data nothing is known.
  if (!comparison?.from || (began && comparison.to < began)) return null;
  const name = shortDays(comparison.from, comparison.to);
  if (byPlace(kpi)) {
    const rows = comparison.data.map((row) => (isKnown(kpi, answer, row, began) ? row : unknown(kpi, row)));
    return rows.length ? { rows, of: (_, i) => rows[i], name } : null;
  }
  const of = rowBefore(kpi, comparison, also);
  const some = keysOf(kpi).length && kpi.chart.type !== "line" ? answer.data.some(of) : comparison.data.length > 0;
  return some ? { rows: comparison.data, of, name } : null;
}

function rowBefore(kpi, comparison, also) {
  const keys = keysOf(kpi);
  const rows = [...comparison.data, ...(also?.rows ?? [])];
  const byKey = new Map(rows.map((row) => [keyOf(keys, row), row]));
  const isNothing = (key) => !hasDays(kpi) && (!comparison.next_offset || (also?.whole && also.asked.has(key)));
  return (row) => {
    const key = keyOf(keys, row);
    return byKey.get(key) ?? (isNothing(key) ? nothing(kpi) : undefined);
  };
}

/** Whether a period of a time series ends when there are data already. */
function isKnown(kpi, answer, row, began) {
  const first = row[kpi.chart.x];
  const granularity = answer.parameters.granularity;
  return !began || !first || !granularity || periodEnd(first, granularity) >= began;
}

const unknown = (kpi, row) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, name === kpi.chart.x ? value : null]));
