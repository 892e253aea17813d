// What a chart is drawn from: the rows of an answer, what was before, and what the reader is told of them.

import { beforeOf } from "./before.js";
import { columnOf, count, full, label, rowName } from "./format.js";
import { kpiTitle, plural, t } from "./i18n.js";
import { targetOf, toggle } from "./pick.js";
import { remember } from "./names.js";
import { granularityOf } from "./range.js";
import { valuesOverTime } from "./series.js";

/** As many rows as a chart has room for; the rest is in its table, its full screen and its CSV. */
export function limitOf(kpi, large) {
  const named = columnOf(kpi, kpi.chart.x)?.type === "string";
  switch (kpi.chart.type) {
    case "bar":
    case "stacked-bar":
      return named ? (large ? 30 : 10) : undefined;
    case "line":
      return columnOf(kpi, kpi.chart.x)?.type === "day" ? undefined : large ? 1000 : 300;
    case "map":
      return large ? 600 : 200;
    case "table":
      return large ? 200 : 12;
    default:
      return undefined;
  }
}

/** The column of days down a heat map, as of cohorts. */
function daysDown({ chart, columns }) {
  const down = chart.type === "heatmap" && columns.find((column) => column.name === chart.y[0]);
  return down && down.type === "day" ? down : null;
}

/** The order to ask for: where not all has room, the newest days are there. */
export function sortOf(kpi) {
  const down = daysDown(kpi);
  return down ? `-${down.name}` : undefined;
}

/** What is drawn of an answer that was asked for by sortOf(): lines in their order, without the oldest where only a part of it came. */
function drawnRows(kpi, { data, next_offset }) {
  const down = daysDown(kpi);
  if (!down) return data;
  const day = (row) => row[down.name] ?? "";
  const oldest = day(data.at(-1) ?? {});
  const cut = next_offset && data.some((row) => day(row) !== oldest);
  const rows = cut ? data.filter((row) => day(row) !== oldest) : data;
  return rows.toSorted((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
}

/** That an answer has only the first rows, or the newest; empty where it has all. */
export function partOf(kpi, answer) {
  if (!answer.next_offset) return "";
  const down = daysDown(kpi);
  if (!down) return t("card.first", { count: count(answer.data.length) });
  return t("card.since", { day: full(drawnRows(kpi, answer)[0][down.name], down, {}) });
}

/** The chart in words: its extremes, or where a series began and ended. */
function summaryOf(kpi, rows, context) {
  const parts = [plural("summary.rows", rows.length, { title: kpiTitle(kpi) })];
  const column = columnOf(
    kpi,
    kpi.chart.value ?? kpi.chart.y.find((name) => typeof rows[0]?.[name] === "number") ?? "",
  );
  const told = column ? rows.filter((row) => typeof row[column.name] === "number") : [];
  if (told.length > 1) {
    const value = (row) => full(row[column.name], column, context);
    const high = told.reduce((a, b) => (b[column.name] > a[column.name] ? b : a));
    const low = told.reduce((a, b) => (b[column.name] < a[column.name] ? b : a));
    const where = (row) => rowName(row, kpi, context);
    if (columnOf(kpi, kpi.chart.x)?.type === "day" && kpi.chart.type === "line")
      parts.push(
        t("summary.trend", {
          measure: label(column),
          first: value(told[0]),
          whereFirst: where(told[0]),
          last: value(told.at(-1)),
          whereLast: where(told.at(-1)),
        }),
      );
    parts.push(
      t("summary.high", {
        measure: label(column),
        high: value(high),
        where: where(high),
        low: value(low),
        whereLow: where(low),
      }),
    );
  }
  return parts.join(" ");
}

/** The names of ids that are clicked on, for the chips above. */
function rememberNames(kpi, row, target) {
  for (const [dimension, [value]] of Object.entries(target.filters ?? {}))
    if (row.name) remember(dimension, value, row.name);
}

/** A measure of which nothing is known is not drawn, where there are others. */
function withoutUnknown(kpi, rows) {
  const { chart } = kpi;
  const known = chart.y.filter((name) => rows.some((row) => row[name] !== null && row[name] !== undefined));
  return chart.type === "number" || known.length === 0 ? kpi : { ...kpi, chart: { ...chart, y: known } };
}

/** alsoBefore: what missingBefore() has of it. */
export function modelOf(kpi, answer, view, kpis, alsoBefore) {
  kpi = withoutUnknown(kpi, answer.data);
  const context = {
    currency: answer.currency,
    granularity: answer.parameters.granularity ?? granularityOf(view.state, view.status),
    asked: { from: answer.parameters.from, to: view.state.to ? answer.parameters.to : null },
  };
  const rows = drawnRows(kpi, answer);
  const pickable = rows.some((row) => targetOf(kpi, row, context));
  const onPick = (target, row) => {
    if (row) rememberNames(kpi, row, target);
    toggle(target);
  };
  return {
    kpi,
    rows,
    context,
    title: kpiTitle(kpi),
    before: beforeOf(kpi, answer, view.status, alsoBefore),
    summary: summaryOf(kpi, rows, context),
    spark: (name) => valuesOverTime(name, kpis, view),
    onPick: (target) =>
      onPick(
        target,
        rows.find((row) => JSON.stringify(targetOf(kpi, row, context)) === JSON.stringify(target)),
      ),
    onRow: pickable
      ? (index) =>
          rows[index] && targetOf(kpi, rows[index], context) && onPick(targetOf(kpi, rows[index], context), rows[index])
      : null,
  };
}

/** Nothing to draw: no rows, or one row that says nothing or only zeros. */
export function isEmpty(kpi, answer) {
  const rows = answer.data;
  const shown = [...kpi.chart.y, kpi.chart.value].filter(Boolean);
  if (rows.length === 0) return true;
  if (kpi.chart.type === "number") return shown.every((name) => rows[0][name] === null || rows[0][name] === undefined);
  const measures = shown.filter((name) => ["money", "count", "ratio", "number"].includes(columnOf(kpi, name)?.type));
  return (
    measures.length > 0 &&
    rows.every((row) => measures.every((name) => row[name] === null || row[name] === 0 || row[name] === undefined))
  );
}
