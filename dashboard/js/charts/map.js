// A map: countries' outlines, and a circle for each place whose area says how much. Drawn as SVG, from files of this server.

import { s, h } from "../dom.js";
import { columnOf, compact, full, label, rowName } from "../format.js";
import { drawn } from "./drawn.js";
import { loadWorld, projectionFor } from "./projection.js";
import { textWidth } from "./text.js";
import { theme } from "./theme.js";
import { tipContent, tipOn } from "./tip.js";

const NAMED = 6;

const onPage = ([x, y], width, height) => x > -400 && y > -400 && x < width + 400 && y < height + 400;

/** Outlines near the page only. */
function landPath(countries, project, width, height) {
  const parts = [];
  for (const { rings } of countries) {
    for (const ring of rings) {
      const points = ring.map(project);
      if (points.some((point) => onPage(point, width, height)))
        parts.push(`M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}Z`);
    }
  }
  return parts.join("");
}

/** Whether two boxes meet, or nearly. */
const meet = (a, b) => a[0] < b[2] + 6 && b[0] < a[2] + 6 && a[1] < b[3] && b[1] < a[3];

/** Whether a box lies on the circle of a place. */
function liesOn([left, top, right, bottom], { x, y, r }) {
  const across = Math.max(left - x, 0, x - right);
  const down = Math.max(top - y, 0, y - bottom);
  return across * across + down * down < r * r;
}

/** Where a name can stand: above its place, below it, or at either side. */
function spotsFor({ x, y, r, name }) {
  const { px } = theme();
  const [width, height, gap] = [textWidth(name, px(11.1), 600), px(13), 3];
  const box = (left, top) => [left, top, left + width, top + height];
  return [
    box(x - width / 2, y - r - gap - height),
    box(x - width / 2, y + r + gap),
    box(x + r + gap, y - height / 2),
    box(x - r - gap - width, y - height / 2),
  ];
}

/** Names of the largest places, where they cover neither each other nor another large place. */
function namesOf(places, width, height, taken) {
  const large = places.toSorted((a, b) => b.r - a.r).slice(0, 3 * NAMED);
  const out = [];
  const boxes = [taken];
  for (const place of large) {
    if (out.length >= NAMED) break;
    const spot = spotsFor(place).find(
      (box) =>
        box[0] >= 2 &&
        box[1] >= 2 &&
        box[2] <= width - 2 &&
        box[3] <= height - 2 &&
        !boxes.some((other) => meet(box, other)) &&
        !large.some((other) => other !== place && other.r > 4 && liesOn(box, other)),
    );
    if (!spot) continue;
    boxes.push(spot);
    out.push(s("text", { class: "place", x: (spot[0] + spot[2]) / 2, y: spot[3], dy: "-0.2em" }, place.name));
  }
  return out;
}

/** What the circles say, at the bottom left, and the room that it takes. */
function legendOf(text, height) {
  const { px } = theme();
  const [left, middle, size] = [9, height - px(18), px(12.3)];
  const width = px(40) + textWidth(text, size) + px(10);
  const [r, small] = [px(6.75), px(3.4)];
  return {
    box: [left, middle - px(11), left + width, middle + px(11)],
    drawing: s(
      "g",
      { class: "map-legend", "aria-hidden": "true" },
      s("rect", { x: left, y: middle - px(11), width, height: px(22), rx: px(11) }),
      s("circle", { cx: left + px(11), cy: middle, r: small }),
      s("circle", { cx: left + px(26), cy: middle, r }),
      s("text", { x: left + px(40), y: middle, dy: "0.35em" }, text),
    ),
  };
}

export async function draw(target, model) {
  const { kpi, context, summary, onRow } = model;
  const countries = await loadWorld();
  const [x, y] = [columnOf(kpi, kpi.chart.x), columnOf(kpi, kpi.chart.y[0])];
  const value = columnOf(
    kpi,
    kpi.chart.value ?? kpi.columns.find((c) => c.type === "money" || c.type === "count").name,
  );
  const rows = model.rows
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => Number.isFinite(row[x.name]) && Number.isFinite(row[y.name]));
  const most = Math.max(0, ...rows.map(({ row }) => row[value.name] ?? 0));
  const box = h("div", { class: "map", role: "img", "aria-label": summary });
  const shown = kpi.columns.filter((c) => ["money", "count"].includes(c.type) && !c.key && !/^unmapped/.test(c.name));

  function paint() {
    const width = Math.max(target.clientWidth, 240);
    const height = Math.max(target.clientHeight || 340, 200);
    const project = projectionFor(
      rows.length
        ? rows.map(({ row }) => [row[x.name], row[y.name]])
        : [
            [-160, -50],
            [160, 70],
          ],
      width,
      height,
    );
    const largest = Math.min(width, height) / 16;
    const places = rows.map(({ row, index }) => {
      const [px, py] = project([row[x.name], row[y.name]]);
      const part = most > 0 ? Math.max(row[value.name] ?? 0, 0) / most : 0;
      return { x: px, y: py, r: Math.max(2, largest * Math.sqrt(part)), row, index, name: rowName(row, kpi, context) };
    });
    const circles = places
      .toSorted((a, b) => b.r - a.r)
      .map((place) => {
        const circle = s("circle", {
          class: onRow ? "place-mark pick" : "place-mark",
          cx: place.x.toFixed(1),
          cy: place.y.toFixed(1),
          r: place.r.toFixed(1),
          on: onRow && { click: () => onRow(place.index) },
        });
        tipOn(circle, () =>
          tipContent(
            place.name,
            shown.map((column) => ({
              name: label(column),
              value: full(place.row[column.name], column, context),
              quiet: column !== value,
            })),
          ),
        );
        return circle;
      });
    const legend = legendOf(`${label(value)}, ≤ ${compact(most, value, context)}`, height);
    box.replaceChildren(
      s(
        "svg",
        { width, height, viewBox: `0 0 ${width} ${height}` },
        s("rect", { class: "sea", width, height }),
        s("path", { class: "land", d: landPath(countries, project, width, height) }),
        circles,
        namesOf(places, width, height, legend.box),
        legend.drawing,
      ),
    );
  }

  return drawn(target, box, paint, () => `${target.clientWidth} ${target.clientHeight}`);
}
