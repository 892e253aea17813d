// Figures: large, with how they changed and a small line of how they came to be.

import { h, s } from "../dom.js";
import { change, columnOf, figure, full, isBetterLow, label, rowName } from "../format.js";
import { countedLabel, t } from "../i18n.js";
import { textPicture } from "./picture.js";
import { textWidth } from "./text.js";
import { theme } from "./theme.js";

const WIDTH = 120;
const HEIGHT = 32;

/** A line without axes; null leaves a gap. */
export function sparkline(values) {
  const known = values.filter((value) => typeof value === "number");
  if (known.length < 3) return null;
  const least = Math.min(...known, 0 < Math.min(...known) ? Math.min(...known) * 0.8 : 0);
  const span = Math.max(...known) - least || 1;
  const points = values.map((value, i) =>
    typeof value === "number"
      ? [(i / (values.length - 1)) * WIDTH, HEIGHT - 2 - ((value - least) / span) * (HEIGHT - 4)]
      : null,
  );
  const runs = points
    .reduce((all, point) => (point ? (all.at(-1).push(point), all) : [...all, []]), [[]])
    .filter((run) => run.length > 1);
  if (!runs.length) return null;
  const path = runs.map((run) => `M${run.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`).join("");
  const first = runs[0][0][0];
  const last = runs.at(-1).at(-1)[0];
  return s(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    runs.length === 1 &&
      s("path", { class: "spark-area", d: `${path}L${last.toFixed(1)},${HEIGHT}L${first.toFixed(1)},${HEIGHT}Z` }),
    s("path", { class: "spark-line", d: path }),
  );
}

/** As it stands beside a figure. */
const changeText = ({ value, text, same }) => (same ? "=" : `${value > 0 ? "▲" : "▼"} ${text}`);

/** ▲ 12 %, green or red by whether that is good. */
function changeMark(now, before, column, context) {
  const moved = change(now, before, column);
  if (!moved) return null;
  const { same } = moved;
  const good = same ? "same" : moved.value > 0 !== isBetterLow(column) ? "good" : "bad";
  const words = same ? t("change.same") : t(moved.value > 0 ? "change.up" : "change.down", { change: moved.text });
  return h(
    "span",
    { class: `change ${good}`, title: t("change.before", { value: full(before, column, context) }) },
    h("span", { "aria-hidden": "true" }, changeText(moved)),
    h("span", { class: "unseen" }, words),
  );
}

/** The columns of a row that are no figures of their own, said in small: how many orders a mean is of. */
function asides(kpi, row, context) {
  if (kpi.chart.y.length > 1) return null;
  const others = kpi.columns
    .filter((column) => !kpi.chart.y.includes(column.name) && !column.key && (row[column.name] ?? null) !== null)
    .slice(0, 2);
  if (!others.length) return null;
  return h(
    "p",
    { class: "asides" },
    others.map((column) =>
      h("span", {}, h("b", {}, figure(row[column.name], column, context)), ` ${countedLabel(column.name, row[column.name])}`),
    ),
  );
}

const MOST = 8;

/** What stands large: the columns of the row; of several rows those of each, under its name. */
function figuresOf({ kpi, rows, before, context, spark }) {
  const columns = kpi.chart.y.map((name) => columnOf(kpi, name));
  const several = rows.length > 1;
  const list = (several ? rows : [rows[0] ?? {}]).flatMap((row, i) =>
    columns.map((column) => ({
      row,
      column,
      value: row[column.name] ?? null,
      old: (several ? before?.of(row, i) : before?.rows[0])?.[column.name] ?? null,
      name: [several && rowName(row, kpi, context), columns.length > 1 && label(column)].filter(Boolean).join(", "),
      // A series is of all rows together.
      spark: several ? null : spark,
    })),
  );
  return list.slice(0, MOST);
}

function drawFigure({ row, column, value, old, name, spark }, kpi, context) {
  const slot = h("div", { class: "spark-slot" });
  spark?.(column.name).then((values) => values && slot.replaceChildren(...[sparkline(values)].filter(Boolean)));
  return h(
    "div",
    { class: "figure", data: { column: column.name } },
    h("div", { class: "figure-name" }, name),
    h("div", { class: "figure-value", title: full(value, column, context) }, figure(value, column, context)),
    h(
      "div",
      { class: "figure-before" },
      changeMark(value, old, column, context),
      " ",
      typeof old === "number" &&
        h("span", { class: "whole-line" }, t("change.from", { value: figure(old, column, context) })),
    ),
    asides(kpi, row, context) ?? h("div"),
    slot,
  );
}

/** What the style sheet makes rows of figures from: how many they are, and the width of the widest in the page's largest letters. */
function roomOf(figures, context) {
  const { px } = theme();
  const size = px(figures.length > 3 ? 22.5 : 25.5);
  const least = Math.max(...figures.map(({ value, column }) => textWidth(figure(value, column, context), size, 650)));
  return { "--count": figures.length, "--half": Math.ceil(figures.length / 2), "--least": `${Math.ceil(least)}px` };
}

export function draw(target, model) {
  const { kpi, context } = model;
  const figures = figuresOf(model);
  target.replaceChildren(
    h(
      "div",
      { class: "figures", style: roomOf(figures, context) },
      figures.map((one) => drawFigure(one, kpi, context)),
    ),
  );
  return {
    picture: () =>
      textPicture(
        [
          figures.map(({ name, column }) => name || label(column)),
          figures.map(({ value, column }) => figure(value, column, context)),
          figures.map(({ value, old, column }) => {
            const moved = change(value, old, column);
            return moved ? changeText(moved) : "";
          }),
        ],
        { large: 1 },
      ),
    dispose() {},
  };
}
