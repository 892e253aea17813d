// Lines: a time series with what was before it, or values along a rank.

import { columnOf, compact, full, isShare, label, rowName } from "../format.js";
import { t } from "../i18n.js";
import { nameBefore, periodLabels } from "./periods.js";
import { axisTip, legendHeight, nameAxis, panelsOf, plot, standHigh, titleOf, valueAxis } from "./plot.js";
import { cut, widest } from "./text.js";
import { theme } from "./theme.js";
import { ticksOf } from "./ticks.js";

/** A moving mean goes with the line that it is of. */
const isMean = (name, i) => i > 0 && /moving_mean$/.test(name);

/** Rows that are not complete are drawn dashed from the row before on. */
function split(rows, name) {
  const partial = rows.map((row) => row?.partial === true);
  const values = rows.map((row) => row?.[name] ?? null);
  const whole = values.map((value, i) => (partial[i] ? null : value));
  const rest = values.map((value, i) => (partial[i] || partial[i + 1] || (i > 0 && partial[i - 1]) ? value : null));
  return { whole, rest: partial.some(Boolean) ? rest : null };
}

const DASHED = [4, 4];

function lines(model, panels) {
  const { kpi, rows, before } = model;
  const { series: colours } = theme();
  const out = [];
  kpi.chart.y.forEach((name, i) => {
    const column = columnOf(kpi, name);
    const panel = panels.findIndex((columns) => columns.includes(column));
    const colour = colours[i];
    const mean = isMean(name, i);
    const { whole, rest } = mean ? { whole: rows.map((row) => row[name]), rest: null } : split(rows, name);
    const style = { color: mean ? theme().quiet : colour, width: mean ? 1.5 : 2.25 };
    const common = {
      type: "line",
      name: label(column),
      xAxisIndex: panel,
      yAxisIndex: panel,
      showSymbol: rows.length < 3,
      symbolSize: 6,
      itemStyle: { color: style.color },
      emphasis: { disabled: true },
      z: 3,
    };
    out.push({
      ...common,
      data: whole,
      lineStyle: style,
      ...(column === panels[panel][0] && { areaStyle: { color: colour, opacity: 0.09 } }),
    });
    if (rest) out.push({ ...common, data: rest, showSymbol: false, lineStyle: { ...style, type: DASHED } });
    if (i === 0 && before) {
      const old = split(
        rows.map((_, n) => before.rows[n]),
        name,
      );
      const pale = { color: colour, width: 1.5, opacity: 0.45 };
      const line = { ...common, name: before.name, itemStyle: { color: colour, opacity: 0.45 }, z: 2 };
      out.push({ ...line, data: old.whole, lineStyle: pale });
      if (old.rest) out.push({ ...line, data: old.rest, showSymbol: false, lineStyle: { ...pale, type: DASHED } });
    }
  });
  return out;
}

function tipRows(model, index) {
  const { kpi, rows, before, context } = model;
  const { series: colours, quiet } = theme();
  const out = kpi.chart.y.map((name, i) => {
    const column = columnOf(kpi, name);
    return {
      colour: isMean(name, i) ? quiet : colours[i],
      name: label(column),
      value: full(rows[index][name], column, context),
    };
  });
  if (before) {
    const column = columnOf(kpi, kpi.chart.y[0]);
    const old = before.rows[index];
    const value = old?.[column.name];
    const name = nameBefore(before, old, columnOf(kpi, kpi.chart.x), context);
    if (value !== undefined) out.splice(1, 0, { name, value: full(value, column, context), quiet: true });
  }
  // A rank says little without the name of what has it.
  for (const column of kpi.columns.filter((c) => c.type === "string" && !c.key && !kpi.chart.y.includes(c.name)))
    out.push({ name: label(column), value: full(rows[index][column.name], column, context), quiet: true });
  if (rows[index].partial) out.push({ name: t("series.partial"), value: "", quiet: true });
  return out;
}

/** Runs of rows that a column of texts divides the line into, as the classes A, B and C: [["A", first, last], …]. */
function bandsOf(kpi, rows) {
  for (const column of kpi.columns.filter((c) => c.type === "string" && !c.key && !kpi.chart.y.includes(c.name))) {
    const values = rows.map((row) => row[column.name]);
    const starts = values.flatMap((value, i) => (i === 0 || value !== values[i - 1] ? [i] : []));
    if (starts.length < 2 || starts.length > 6 || values.some((value) => typeof value !== "string")) continue;
    if (new Set(values).size === starts.length)
      return starts.map((first, i) => [full(values[first], column), first, (starts[i + 1] ?? rows.length) - 1]);
  }
  return [];
}

/** The bands as a ground below the line: every other one is shaded, and each says its name at the top. */
function ground(bands) {
  const { quiet, ink, px } = theme();
  return {
    silent: true,
    animation: false,
    label: { show: true, position: "insideTop", distance: 6, color: quiet, fontSize: px(12), fontWeight: 600 },
    data: bands.map(([name, first, last], i) => [
      { name, xAxis: first, itemStyle: { color: ink, opacity: i % 2 ? 0.06 : 0 } },
      { xAxis: Math.max(last, first) + (i < bands.length - 1 ? 1 : 0) },
    ]),
  };
}

/** What the axis below says: periods, numbers or names. */
function along(target, model, x) {
  const { rows, context, kpi } = model;
  const { px } = theme();
  if (x?.type === "day") {
    const { half, ...labels } = periodLabels(
      rows.map((row) => row[x.name]),
      context.granularity,
      target.clientWidth - px(64),
    );
    return { names: rows.map((_, i) => i), labels, half };
  }
  if (x?.type === "string")
    return { names: rows.map((row) => cut(rowName(row, kpi, context), px(90), px(11))), labels: {}, half: px(45) };
  const names = rows.map((row, i) => (x ? compact(row[x.name], x, context) : String(i + 1)));
  return { names, labels: { alignMinLabel: "left", alignMaxLabel: rows.length > 2 ? "right" : "center" }, half: 14 };
}

/** The values that the axis of a panel has to reach. */
function reach({ rows, before, kpi }, columns) {
  const first = columnOf(kpi, kpi.chart.y[0]);
  const old = before && columns.includes(first) ? before.rows.slice(0, rows.length) : [];
  return [...columns.flatMap((column) => rows.map((row) => row[column.name])), ...old.map((row) => row[first.name])];
}

function ticksFor(model, columns, height) {
  const { rows, context } = model;
  const [first] = columns;
  const much = isShare(first) && Math.max(...rows.map((row) => row[first.name] ?? 0)) > 0.5;
  return much ? { min: 0, max: 1, interval: 0.2 } : ticksOf(reach(model, columns), first, context, { height });
}

/** Where panels stand, below each other, with the ticks of each: their lines begin and end at the same places. */
function placesOf(target, model, panels, top, right) {
  const { px } = theme();
  const [head, foot] = [px(32), px(34)];
  // On a whole screen there is room enough.
  const high = target.closest(".large") ? null : top + panels.length * (px(120) + head) + foot;
  standHigh(target, high);
  const each = Math.max(((target.clientHeight || 320) - top - foot) / panels.length - head, px(48));
  const ticks = panels.map((columns) => ticksFor(model, columns, each));
  const names = panels.flatMap(([column], i) =>
    [0, 1, 2, 3, 4, 5]
      .map((n) => ticks[i].min + n * ticks[i].interval)
      .filter((value) => value <= ticks[i].max)
      .map((value) => compact(value, column, model.context)),
  );
  const left = widest(names, px(11)) + px(12);
  return panels.map((_, i) => ({
    grid: { left, right, top: top + i * (head + each) + head, height: each },
    title: { left: 0, width: target.clientWidth },
    ticks: ticks[i],
  }));
}

function panelsOption(target, model, panels, axis, top) {
  const { context, rows } = model;
  const places = placesOf(target, model, panels, top, Math.max(14, axis.half));
  const last = panels.length - 1;
  return {
    grid: places.map(({ grid }) => grid),
    title: panels.map((columns, i) => titleOf(columns, { title: places[i].title, top: places[i].grid.top })),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    xAxis: panels.map((_, i) =>
      nameAxis(axis.names, {
        gridIndex: i,
        boundaryGap: rows.length < 3,
        axisLabel: i === last ? axis.labels : { show: false },
      }),
    ),
    yAxis: panels.map((columns, i) => valueAxis(columns[0], context, { gridIndex: i, ...places[i].ticks })),
  };
}

function oneOption(target, model, columns, axis, top) {
  const { context, rows } = model;
  const height = (target.clientHeight || 320) - top - theme().px(34);
  return {
    grid: { left: 4, right: Math.max(14, axis.half), top, bottom: 4, containLabel: true },
    xAxis: nameAxis(axis.names, { boundaryGap: rows.length < 3, axisLabel: axis.labels }),
    yAxis: valueAxis(columns[0], context, ticksFor(model, columns, height)),
  };
}

function optionOf(target, model) {
  const { kpi, rows, context } = model;
  const x = columnOf(kpi, kpi.chart.x);
  const panels = panelsOf(kpi);
  const series = lines(model, panels);
  const names = [...new Set(series.map((one) => one.name))];
  const bands = x?.type === "day" ? [] : bandsOf(kpi, rows);
  if (bands.length) series[0].markArea = ground(bands);
  const axis = along(target, model, x);
  // Panels of one line each have its name above them.
  const legend = names.length > panels.length;
  const top = legend ? legendHeight(target, names) : 14;
  return {
    ...(panels.length > 1
      ? panelsOption(target, model, panels, axis, legend ? top : 0)
      : oneOption(target, model, panels[0], axis, top)),
    legend: { show: legend, data: names.map((name) => ({ name })) },
    tooltip: axisTip(
      (i) => (x ? full(rows[i][x.name], x, context) : ""),
      (i) => tipRows(model, i),
    ),
    series,
  };
}

export function draw(target, model) {
  return plot(target, () => optionOf(target, model), { summary: model.summary, onClick: model.onRow, rowAxis: "x" });
}
