// A ring of shares, with names, values and shares beside it.

import { columnOf, compact, figure, full, percent } from "../format.js";
import { t } from "../i18n.js";
import * as bar from "./bar.js";
import { drawable, plot, standHigh } from "./plot.js";
import * as table from "./table.js";
import { cut, textWidth } from "./text.js";
import { theme } from "./theme.js";
import { tipContent } from "./tip.js";

const SLICES = 7;

/** The largest, and the rest as one. What is zero is no slice. Slices are told apart by their place, as two may be called alike. */
function slices({ kpi, rows, context }) {
  const x = columnOf(kpi, kpi.chart.x);
  const y = kpi.chart.y[0];
  const titleOf = (value) => ((value ?? null) === null ? t("unknown") : full(value, x, context));
  const all = rows
    .map((row, i) => ({ title: titleOf(row[x.name]), value: row[y], row: i }))
    .filter((slice) => slice.value > 0)
    .sort((a, b) => b.value - a.value);
  const rest = all.length > SLICES ? all.splice(SLICES - 1) : [];
  const value = sumOf(rest.map((slice) => slice.value));
  if (rest.length) all.push({ title: t("others", { count: rest.length }), value, row: null });
  return all.map((slice, i) => ({ ...slice, name: String(i), title: drawable(slice.title) }));
}

const sumOf = (values) => values.reduce((sum, value) => sum + (value ?? 0), 0);

/** A size of the text in the ring at which it does not touch it. */
function fitting(text, room) {
  const { px } = theme();
  const most = px(18);
  return Math.max(Math.min(most, (most * room) / textWidth(text, most, 600)), px(9));
}

function optionOf(target, model, data) {
  const { kpi, context, onRow } = model;
  const { ink, quiet, surface, series, px } = theme();
  const column = columnOf(kpi, kpi.chart.y[0]);
  const whole = data.reduce((sum, slice) => sum + slice.value, 0);
  const width = target.clientWidth || 480;
  const wide = width > 340;
  const ring = Math.min(px(80), width * 0.4);
  standHigh(target, wide ? null : 2 * ring + data.length * px(25) + 30);
  const height = target.clientHeight || 320;
  const radius = wide ? Math.min(height * 0.44, width * 0.22) : ring;
  const middle = wide ? [radius + 6, height / 2] : [width / 2, radius + 6];
  const nameWidth = wide
    ? Math.min(Math.max(width - 2 * radius - px(120), 60), px(150))
    : Math.min(width - px(70), px(190));
  const inner = radius * 0.66;
  const total = compact(whole, column, context);
  const size = fitting(total, inner * 1.6);
  return {
    tooltip: {
      trigger: "item",
      formatter: ({ data: slice, color }) =>
        tipContent(slice.title, [
          { colour: color, name: full(slice.value, column, context), value: percent(slice.value / whole) },
        ]),
    },
    legend: {
      show: true,
      orient: "vertical",
      left: wide ? 2 * radius + 36 : 0,
      right: 0,
      top: wide ? "middle" : 2 * radius + 24,
      itemGap: 10,
      type: "plain",
      textStyle: {
        color: ink,
        rich: {
          share: { color: quiet, width: px(44), align: "right" },
          name: { width: nameWidth },
        },
      },
      formatter: (name) => {
        const { title, value } = data[Number(name)];
        // A brace would end the part of the text that has a style.
        return `{name|${cut(title, nameWidth, px(12)).replaceAll("}", "\uff5d")}}{share|${percent(value / whole)}}`;
      },
    },
    title: {
      text: total,
      subtext: t("total"),
      left: middle[0] - 4,
      top: middle[1] - px(6) - size,
      textAlign: "center",
      itemGap: 5,
      textStyle: { color: ink, fontSize: size, fontWeight: 600 },
      subtextStyle: { color: quiet, fontSize: px(11) },
    },
    series: [
      {
        type: "pie",
        radius: [inner, radius],
        center: middle,
        data,
        cursor: onRow ? "pointer" : "default",
        label: { show: false },
        itemStyle: { borderColor: surface, borderWidth: 2 },
        emphasis: { scaleSize: 4 },
        color: series,
      },
    ],
  };
}

const BARS = 12;

/** A ring cannot show what is below zero: bars can, and of many a table. */
function drawBelowZero(target, model) {
  const { kpi, rows, context } = model;
  if (rows.length > BARS) return table.draw(target, model);
  const column = columnOf(kpi, kpi.chart.y[0]);
  const whole = rows[0][`all_${column.name}`] ?? sumOf(rows.map((row) => row[column.name]));
  const heading = `${t("total")}: ${figure(whole, column, context)}`;
  return bar.draw(target, { ...model, before: null, heading });
}

export function draw(target, model) {
  if (model.rows.some((row) => row[model.kpi.chart.y[0]] < 0)) return drawBelowZero(target, model);
  const data = slices(model);
  return plot(target, () => optionOf(target, model, data), { summary: model.summary, onClick: model.onRow });
}
