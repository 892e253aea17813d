// Bars: lying where they have names, standing where they have an order of their own as days and months. Measures of one unit share an
// axis; those of different units stand beside each other, each on an axis of its own.

import { brief, columnOf, compact, full, label, rowName } from "../format.js";
import { nameBefore, periodLabels } from "./periods.js";
import { axisTip, legendHeight, nameAxis, panelsOf, plot, standHigh, titleOf, valueAxis } from "./plot.js";
import { cut, widest } from "./text.js";
import { theme } from "./theme.js";
import { ticksOf } from "./ticks.js";

function nameOf(kpi, row, column, context) {
  const value = row[column.name];
  // What has no name has an id, mostly.
  if (value === null || value === undefined)
    return rowName(row, kpi, context);
  return typeof value === "number" ? compact(value, column, context) : full(value, column, context);
}

function tipRows({ kpi, rows, before, context }, index) {
  const series = coloursOf(kpi);
  const out = kpi.chart.y.map((name, i) => ({
    colour: series[i % 8],
    name: label(columnOf(kpi, name)),
    value: full(rows[index][name], columnOf(kpi, name), context),
  }));
  if (before) {
    const column = columnOf(kpi, kpi.chart.y[0]);
    const old = before.of(rows[index], index);
    const name = nameBefore(before, old, columnOf(kpi, kpi.chart.x), context);
    if (old) out.splice(1, 0, { name, value: full(old[column.name], column, context), quiet: true });
  }
  return out;
}

const EDGE = 4;
/** What is of a part of its period only. */
const PALE = 0.55;

/** Columns that are steps of a scale, as score_1 to score_5, go from the colour of warning to that of rest. */
function coloursOf(kpi) {
  const { series, faint } = theme();
  const names = kpi.chart.y;
  const stems = new Set(names.map((name) => /^(.+)_\d+$/.exec(name)?.[1]));
  if (names.length < 3 || stems.size > 1 || stems.has(undefined)) return series;
  const scale = [series[3], series[1], faint, series[6], series[0]];
  return names.map((_, i) => scale[Math.round((i / (names.length - 1)) * 4)]);
}

/** Bars that have no others of their unit beside them say their values. */
const labelled = (columns) => columns.length === 1;

/** Where panels stand: beside each other, or below each other where that would leave little of the bars. Then the chart is as high as
 * they need. */
function placesOf(target, panels, rows, left, top) {
  const { px } = theme();
  const room = panels.map((columns, i) => (labelled(columns) || i === panels.length - 1 ? px(58) : px(22)));
  const wide = (target.clientWidth - left) / panels.length;
  const below = panels.length > 1 && wide - Math.max(...room) < px(48);
  const high = rows * px(24);
  standHigh(target, below ? top + panels.length * (high + px(44)) : null);
  return panels.map((_, i) =>
    below
      ? {
          left,
          right: room[i],
          top: top + i * (high + px(44)) + px(22),
          height: high,
          title: { left: 0, width: target.clientWidth },
        }
      : {
          left: left + wide * i,
          width: wide - room[i],
          top: top + (panels.length > 1 ? px(18) : 0),
          bottom: px(22),
          title: { left: left + wide * i, width: wide - 6 },
        },
  );
}

/** The values that an axis has to reach: of bars upon each other how far those above zero go, and those below. */
function reach({ rows, before }, columns, stacked) {
  const values = (row) => columns.map((column) => row?.[column.name] ?? 0);
  const sum = (list) => list.reduce((all, value) => all + value, 0);
  const ends = (row) => [Math.max, Math.min].map((end) => sum(values(row).map((value) => end(value, 0))));
  const old = before ? rows.map((row, i) => before.of(row, i)?.[columns[0].name] ?? 0) : [];
  return [...rows.flatMap(stacked ? ends : values), ...old];
}

function barsOf(model, columns, panel, panels, stacked) {
  const { rows, kpi, context, before } = model;
  const { quiet, faint, px } = theme();
  const colours = coloursOf(kpi);
  return columns.flatMap((column, i) => {
    const said = brief(
      rows.map((row) => row[column.name]),
      column,
      context,
    );
    const one = {
      type: "bar",
      name: label(column),
      xAxisIndex: panel,
      yAxisIndex: panel,
      barMaxWidth: px(stacked ? 26 : 18),
      barGap: "12%",
      barCategoryGap: "32%",
      stack: stacked ? "all" : undefined,
      cursor: model.onRow ? "pointer" : "default",
      itemStyle: { color: colours[kpi.chart.y.indexOf(column.name) % 8], borderRadius: stacked ? 0 : 2 },
      data: rows.map((row, n) => ({ value: row[column.name], row: n })),
      emphasis: { focus: "none" },
      label: {
        show: !stacked && labelled(columns),
        position: "right",
        distance: EDGE,
        color: quiet,
        fontSize: px(11),
        formatter: ({ data }) => (typeof data.value === "number" ? said(data.value) : ""),
      },
    };
    const old = before && !stacked && panel === 0 && i === 0 && panels.length === 1;
    return old ? [one, mark(rows, before, column, faint)] : [one];
  });
}

function lying(model, names, panels, stacked) {
  const { context, target } = model;
  const { ink, px } = theme();
  const width = target.clientWidth || 480;
  const room = Math.min(widest(names, px(12)), Math.max(width * 0.36, px(70)));
  const left = room + 12;
  const places = placesOf(target, panels, names.length, left, model.legend || 4);
  return {
    grid: places.map(({ title, ...grid }) => grid),
    title: panels.length > 1 ? panels.map((columns, i) => titleOf(columns, places[i])) : undefined,
    yAxis: panels.map((_, i) =>
      nameAxis(names, {
        gridIndex: i,
        inverse: true,
        axisLine: { show: false },
        axisLabel: {
          show: places[i].left === left,
          color: ink,
          fontSize: px(12),
          formatter: (name) => cut(name, room, px(12)),
          hideOverlap: true,
        },
      }),
    ),
    xAxis: panels.map((columns, i) => {
      const width = places[i].width ?? target.clientWidth - places[i].left - places[i].right;
      const ticks = ticksOf(reach(model, columns, stacked), columns[0], context, { width: Math.max(width, 1) });
      const axis = valueAxis(columns[0], context, { gridIndex: i, ...ticks });
      // Bars that say their values need no axis, for which panels beside each other have little room.
      return panels.length > 1 && labelled(columns)
        ? { ...axis, axisLabel: { show: false }, splitLine: { show: false } }
        : axis;
    }),
    series: panels.flatMap((columns, panel) => barsOf(model, columns, panel, panels, stacked)),
  };
}

/** What was before, as a thin bar below. */
function mark(rows, before, column, faint) {
  return {
    type: "bar",
    name: before.name,
    barMaxWidth: theme().px(7),
    itemStyle: { color: faint, borderRadius: 2 },
    silent: true,
    data: rows.map((row, i) => {
      const old = before.of(row, i);
      return { value: old?.[column.name] ?? null, ...(old?.partial && { itemStyle: { opacity: PALE } }) };
    }),
  };
}

function standing(model, names, panels, stacked) {
  const { rows, kpi, context, before, target } = model;
  const { faint, px } = theme();
  const colours = coloursOf(kpi);
  const columns = panels.flat();
  const top = model.legend || 14;
  const height = (target.clientHeight || 320) - top - px(40);
  const list = columns.map((column, i) => ({
    type: "bar",
    name: label(column),
    barMaxWidth: px(34),
    barGap: "10%",
    barCategoryGap: "28%",
    stack: stacked ? "all" : undefined,
    cursor: model.onRow ? "pointer" : "default",
    yAxisIndex: stacked
      ? 0
      : Math.max(
          0,
          panels.findIndex((panel) => panel.includes(column)),
        ),
    itemStyle: {
      color: colours[kpi.chart.y.indexOf(column.name) % 8],
      borderRadius: stacked && i < columns.length - 1 ? 0 : [2, 2, 0, 0],
    },
    data: rows.map((row, n) => ({
      value: row[column.name],
      row: n,
      ...(row.partial && { itemStyle: { opacity: PALE } }),
    })),
    emphasis: { focus: "none" },
  }));
  if (before && !stacked && columns.length === 1) list.push(mark(rows, before, columns[0], faint));
  return {
    grid: { left: 4, right: 10, top, bottom: 4, containLabel: true },
    xAxis: nameAxis(names, isPeriod(model.x) ? { axisLabel: stepsOf(model) } : {}),
    // The axes of more than two units would take the room of the bars; the tip has their values.
    yAxis: panels
      .slice(0, stacked ? 1 : undefined)
      .map((panel, i) =>
        valueAxis(panel[0], context, {
          ...ticksOf(reach(model, stacked ? columns : panel, stacked), panel[0], context, { height }),
          ...(i && { splitLine: { show: false } }),
          ...(i > 1 && { axisLabel: { show: false } }),
        }),
      ),
    series: list,
  };
}

const isPeriod = (x) => x.type === "day" && x.name === "period";

/** Periods, in the room that the numbers at the side leave. */
function stepsOf({ rows, x, context, target }) {
  const { half, ...labels } = periodLabels(
    rows.map((row) => row[x.name]),
    context.granularity,
    target.clientWidth - theme().px(56),
  );
  return labels;
}

function headingOf(text) {
  const { ink, px } = theme();
  return { text, left: 0, top: px(6), padding: 0, textStyle: { color: ink, fontSize: px(13), fontWeight: 600 } };
}

/** heading: a text above the bars, of one measure. */
export function draw(target, model) {
  const { kpi, rows, context, summary, onRow, before, heading } = model;
  const stacked = kpi.chart.type === "stacked-bar";
  const x = columnOf(kpi, kpi.chart.x) ?? kpi.columns[0];
  const panels = panelsOf(kpi);
  const names = rows.map((row) => nameOf(kpi, row, x, context));
  const withBefore = before && !stacked && panels.length === 1;
  const legend = withBefore || panels.some((panel) => panel.length > 1) || stacked;
  // Days of a ranking are names, not steps of time.
  const named = x.type === "string" || (x.type === "day" && !isPeriod(x));
  const entries = [...kpi.chart.y.map((name) => label(columnOf(kpi, name))), ...(withBefore ? [before.name] : [])];
  const build = () => {
    const parts = {
      ...model,
      x,
      target,
      legend: (legend ? legendHeight(target, entries) : 0) + (heading ? theme().px(26) : 0),
      before: withBefore ? before : null,
    };
    const option = named ? lying(parts, names, panels, stacked) : standing(parts, names, panels, stacked);
    option.legend = { show: Boolean(legend) };
    if (heading) option.title = headingOf(heading);
    option.tooltip = axisTip(
      (i) => (rows[i][x.name] === null ? names[i] : full(rows[i][x.name], x, context)),
      (i) => tipRows(model, i),
    );
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: theme().ink, opacity: 0.05 } };
    return option;
  };
  return plot(target, build, { summary, onClick: onRow, rowAxis: named ? "y" : "x" });
}
