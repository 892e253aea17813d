// A cloud of points: x against y, with a size where the definition names a value.

import { columnOf, full, label, rowName } from "../format.js";
import { plot, valueAxis } from "./plot.js";
import { ticksOf } from "./ticks.js";
import { theme } from "./theme.js";
import { tipContent } from "./tip.js";

function optionOf(target, model) {
  const { kpi, rows, context, onRow } = model;
  const { quiet, series, px } = theme();
  const x = columnOf(kpi, kpi.chart.x);
  const y = columnOf(kpi, kpi.chart.y[0]);
  const size = kpi.chart.value && columnOf(kpi, kpi.chart.value);
  const most = size ? Math.max(...rows.map((row) => row[size.name] ?? 0)) : 0;
  const shown = [x, y, size].filter(Boolean);
  const named = (column, room) => ({
    ...ticksOf(
      rows.map((row) => row[column.name]),
      column,
      context,
      { ...room, scale: true },
    ),
    name: label(column),
    nameLocation: "middle",
    nameTextStyle: { color: quiet, fontSize: px(11) },
  });
  return {
    grid: { left: 22, right: 16, top: 14, bottom: 20, containLabel: true },
    tooltip: {
      trigger: "item",
      formatter: ({ data }) =>
        tipContent(
          rowName(rows[data.row], kpi, context),
          shown.map((column) => ({ name: label(column), value: full(rows[data.row][column.name], column, context) })),
        ),
    },
    xAxis: valueAxis(x, context, { ...named(x, { width: target.clientWidth - px(90) }), nameGap: 24 }),
    yAxis: valueAxis(y, context, { ...named(y, { height: target.clientHeight - px(60) }), nameGap: 44 }),
    series: [
      {
        type: "scatter",
        cursor: onRow ? "pointer" : "default",
        itemStyle: { color: series[0], opacity: 0.6 },
        symbolSize: size ? (value) => 5 + 25 * Math.sqrt(Math.max(value[2] ?? 0, 0) / (most || 1)) : 8,
        data: rows.map((row, i) => ({ value: [row[x.name], row[y.name], size ? row[size.name] : 0], row: i })),
      },
    ],
  };
}

export function draw(target, model) {
  return plot(target, () => optionOf(target, model), { summary: model.summary, onClick: model.onRow });
}
