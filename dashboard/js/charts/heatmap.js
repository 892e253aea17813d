// A grid of cells whose colour says how much: weekday × hour, cohort × months since. Drawn as SVG.

import { h, s } from "../dom.js";
import { columnOf, compact, full, isShare, label, percents, period } from "../format.js";
import { locale, t } from "../i18n.js";
import { drawn } from "./drawn.js";
import { cut, textWidth, widest } from "./text.js";
import { theme } from "./theme.js";
import { tipContent, tipOn } from "./tip.js";

const inOrder = (values) =>
  [...new Set(values)].sort((a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1));

/** Hours and weekdays are there even where nothing was sold in them. */
function axisValues(column, rows, value) {
  const values = inOrder(rows.map((row) => row[column.name]));
  if (column.name === "hour") return Array.from({ length: 24 }, (_, i) => i);
  if (column.name === "weekday") return [1, 2, 3, 4, 5, 6, 7];
  // What no line has reached yet ends the last of them.
  const known = new Set(rows.filter((row) => (row[value.name] ?? null) !== null).map((row) => row[column.name]));
  return values.slice(0, values.findLastIndex((one) => known.has(one)) + 1);
}

function nameAt(value, column, context) {
  if (column.type === "day") return column.name === "cohort" ? period(value, "month") : full(value, column, context);
  if (column.name === "hour")
    return new Intl.DateTimeFormat(locale, { hour: "numeric", timeZone: "UTC" }).format(
      new Date(Date.UTC(2024, 0, 1, value)),
    );
  if (column.name === "weekday") return compact(value, column, context);
  if (value === null) return t("unknown");
  return typeof value === "number" ? String(value) : full(value, column, context);
}

/** The largest value that colours are spread over. Each cohort is whole in its first month, which says nothing of the others. */
function mostOf(rows, x, value) {
  const told = rows.filter((row) => x.name !== "months_since" || row[x.name] > 0);
  return Math.max(0, ...(told.length ? told : rows).map((row) => row[value.name] ?? 0));
}

function cellOf(model, parts, row, column, line) {
  const { kpi, context } = model;
  const { x, y, value, most, size, left, top } = parts;
  const amount = row?.[value.name] ?? null;
  const part = most > 0 && amount !== null ? Math.min(Math.max(amount, 0) / most, 1) : 0;
  const group = s(
    "g",
    {
      class: `cell${amount === null ? " none" : ""}${part > theme().heatTurn ? " strong" : ""}${row?.partial ? " partial" : ""}`,
      style: { "--part": `${(part * 100).toFixed(1)}%` },
    },
    s("rect", {
      x: left + column * size.w + 1,
      y: top + line * size.h + 1,
      width: Math.max(size.w - 2, 1),
      height: Math.max(size.h - 2, 1),
      rx: 2,
    }),
    amount !== null &&
      size.w > theme().px(36) &&
      size.h > theme().px(14) &&
      s(
        "text",
        { x: left + (column + 0.5) * size.w, y: top + (line + 0.5) * size.h, dy: "0.35em" },
        said(amount, value, context),
      ),
  );
  if (row && amount !== null) {
    tipOn(group, () =>
      tipContent(`${label(y)}: ${full(row[y.name], y, context)}`, [
        { name: label(x), value: full(row[x.name], x, context), quiet: true },
        ...kpi.columns
          .filter((c) => c.type !== "bool" && ![x, y].includes(c))
          .map((c) => ({ name: label(c), value: full(row[c.name], c, context), quiet: c !== value })),
        ...(row.partial ? [{ name: t("series.partial"), value: "", quiet: true }] : []),
      ]),
    );
  }
  return group;
}

/** What a cell says: of shares all one digit behind the point, but those of nothing and of all, which are so exactly. */
const said = (amount, value, context) =>
  isShare(value) && amount !== 0 && amount !== 1 ? percents(1)(amount) : compact(amount, value, context);

const RAMP = 24;
const TEXT = 11.2;

/** From no colour to all of it, with the amounts at its ends, below the cells. */
function legend({ most, value }, context, top) {
  const { px } = theme();
  const [low, high] = [compact(0, value, context), compact(most, value, context)];
  const from = textWidth(low, px(12.3)) + 8;
  const step = px(105) / RAMP;
  const text = (x, content) => s("text", { class: "axis", x, y: top + px(8), dy: "0.35em" }, content);
  return s(
    "g",
    { "aria-hidden": "true", class: "heat-legend" },
    text(0, low),
    Array.from({ length: RAMP }, (_, i) =>
      s(
        "g",
        { class: "shade", style: { "--part": `${((i / (RAMP - 1)) * 100).toFixed(1)}%` } },
        s("rect", { x: from + i * step, y: top + px(3.5), width: step + 0.5, height: px(9) }),
      ),
    ),
    text(from + px(105) + 8, `${high}   ${label(value)}`),
  );
}

/** The names at the top and the side. Those across have the room of several columns where theirs is too small. */
function axes(names, { size, left, top, side }) {
  const { px } = theme();
  const most = px(90);
  const every = Math.ceil((Math.min(widest(names.across, px(TEXT)), most) + px(10)) / size.w);
  const across = names.across.map(
    (name, i) =>
      i % every === 0 &&
      s(
        "text",
        { class: "axis across", x: left + (i + 0.5) * size.w, y: px(12) },
        cut(name, Math.max(most, size.w - 4), px(TEXT)),
      ),
  );
  const down = names.down.map((name, i) =>
    s(
      "text",
      { class: "axis down", x: left - 8, y: top + (i + 0.5) * size.h, dy: "0.35em" },
      cut(name, side, px(TEXT)),
    ),
  );
  return [...across, ...down];
}

export function draw(target, model) {
  const { kpi, rows, context, summary } = model;
  const x = columnOf(kpi, kpi.chart.x);
  const y = columnOf(kpi, kpi.chart.y[0]);
  const value = columnOf(kpi, kpi.chart.value ?? kpi.chart.y.at(-1));
  const across = axisValues(x, rows, value);
  const down = axisValues(y, rows, value);
  const at = new Map(rows.map((row) => [JSON.stringify([row[x.name], row[y.name]]), row]));
  const box = h("div", { class: "heat", role: "img", "aria-label": summary });

  const nameEach = (values, column) => values.map((one) => nameAt(one, column, context));

  function paint() {
    const width = Math.max(target.clientWidth, 260);
    const { px } = theme();
    const room = target.closest(".large") ? target.parentElement.clientHeight : px(340);
    const names = { across: nameEach(across, x), down: nameEach(down, y) };
    const side = Math.min(widest(names.down, px(TEXT)), width * 0.34);
    const left = Math.max(side + 14, px(42));
    const top = px(20);
    const size = {
      w: (width - left) / across.length,
      h: Math.min(Math.max((Math.max(room - px(28), px(120)) - top) / down.length, px(15)), px(46)),
    };
    const parts = { x, y, value, most: mostOf(rows, x, value), size, left, top, side };
    const bottom = top + size.h * down.length;
    const height = bottom + px(22);
    box.replaceChildren(
      s(
        "svg",
        { width, height, viewBox: `0 0 ${width} ${height}` },
        axes(names, parts),
        down.flatMap((v, line) =>
          across.map((w, column) => cellOf(model, parts, at.get(JSON.stringify([w, v])), column, line)),
        ),
        legend(parts, context, bottom + px(6)),
      ),
    );
  }

  return drawn(target, box, paint, () => target.clientWidth);
}
