// A chart drawn by ECharts: loading the library, what all charts share, size, clicks, and the picture of it.

import { h } from "../dom.js";
import { columnOf, compact, label } from "../format.js";
import { keepPainted } from "./painted.js";
import { oneLine, textWidth } from "./text.js";
import { theme } from "./theme.js";
import { hideTip, tipContent } from "./tip.js";

let loading = null;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** The library puts itself into the global object. */
export async function loadLibrary() {
  loading ??= import("../../echarts.js");
  await loading;
  return globalThis.echarts;
}

/** The row under the pointer, by the axis of names alone: what is small or thin is as easy to hit as what is large. */
function rowAt(chart, grids, axis, { offsetX, offsetY }) {
  for (let gridIndex = 0; gridIndex < grids(); gridIndex++)
    if (chart.containPixel({ gridIndex }, [offsetX, offsetY]))
      return chart.convertFromPixel({ gridIndex }, [offsetX, offsetY])[axis];
  return null;
}

function clicks(chart, grids, rowAxis, onClick) {
  if (rowAxis === undefined) {
    chart.on("click", (event) => Number.isInteger(event.data?.row) && onClick(event.data.row));
    return;
  }
  const axis = rowAxis === "x" ? 0 : 1;
  chart.getZr().on("click", (event) => {
    const row = rowAt(chart, grids, axis, event);
    if (Number.isInteger(row)) onClick(row);
  });
  chart
    .getZr()
    .on("mousemove", (event) =>
      chart.getZr().setCursorStyle(Number.isInteger(rowAt(chart, grids, axis, event)) ? "pointer" : "default"),
    );
}

/** Draws into a target. build: gives the option of ECharts for the room that the target has. onClick: gets the index of a row; rowAxis:
 * the axis, x or y, along which rows lie. */
export async function plot(target, build, { summary, onClick, rowAxis }) {
  const echarts = await loadLibrary();
  const box = h("div", { class: "plot", role: "img", "aria-label": summary });
  target.replaceChildren(box);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  let grids = 0;
  const paint = () => {
    const option = build();
    const again = grids > 0;
    grids = [option.grid].flat().length;
    chart.resize(); // what is built may have changed the room
    chart.setOption(withDefaults(option, isNarrow(target), again), { notMerge: true });
    if (again) chart.getZr().flush();
  };
  const leave = keepPainted(target, paint, () => `${target.clientWidth} ${target.clientHeight}`);
  if (onClick) clicks(chart, () => grids, rowAxis, onClick);
  return {
    picture: () => ({
      image: loadImage(chart.getDataURL({ pixelRatio: 2 })),
      width: chart.getWidth(),
      height: chart.getHeight(),
    }),
    dispose() {
      leave();
      chart.dispose();
      hideTip();
    },
  };
}

export function loadImage(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => image);
}

/** A phone, where legends have little room. */
const isNarrow = (target) => target.clientWidth < theme().px(345);

/** Has a chart stand as high as it needs, in pixels; null: as high as its card is. */
export function standHigh(target, height) {
  target.classList.toggle("tall", height !== null);
  target.style.setProperty("--height", height === null ? "" : `${Math.ceil(height)}px`);
}

function legendSizes(narrow) {
  const { px } = theme();
  return { side: narrow ? 0 : 5, mark: px(narrow ? 8 : 10), gap: narrow ? 8 : 16, font: px(narrow ? 11 : 12) };
}

/** The height that a legend of these names takes above a chart: as many lines as it needs. */
export function legendHeight(target, names) {
  const { px } = theme();
  const { side, mark, gap, font } = legendSizes(isNarrow(target));
  const width = target.clientWidth - 2 * side;
  let lines = 1;
  let left = 0;
  for (const name of names) {
    const item = mark + 7 + textWidth(name, font);
    if (left > 0 && left + item > width) {
      lines++;
      left = 0;
    }
    left += item + gap;
  }
  return px(32) + (lines - 1) * (px(14) + gap);
}

/** again: what is painted anew is there at once. */
function withDefaults(option, narrow, again) {
  const { ink, quiet, line, series, surface, font, px } = theme();
  const sizes = legendSizes(narrow);
  return {
    animation: !still.matches && !again,
    animationDuration: 250,
    animationDurationUpdate: 250,
    color: series,
    textStyle: { fontFamily: font, fontSize: px(12), color: ink },
    ...option,
    tooltip: {
      confine: true,
      backgroundColor: surface,
      borderColor: line,
      padding: 0,
      className: "tip-plot",
      transitionDuration: 0,
      textStyle: { color: ink, fontSize: px(12), fontFamily: font },
      ...option.tooltip,
    },
    legend: option.legend && {
      left: 0,
      top: 0,
      padding: [5, sizes.side],
      itemWidth: sizes.mark,
      itemHeight: px(10),
      itemGap: sizes.gap,
      type: "plain",
      icon: "roundRect",
      textStyle: { color: quiet, fontSize: sizes.font },
      inactiveColor: line,
      ...option.legend,
    },
  };
}

/** An axis of numbers. more: among others the ticks that ticksOf() gives. */
export function valueAxis(column, context, more = {}) {
  const { quiet, line, px } = theme();
  return {
    type: "value",
    axisLabel: {
      color: quiet,
      fontSize: px(11),
      formatter: (value) => compact(value, column, context),
    },
    splitLine: { lineStyle: { color: line } },
    axisLine: { show: false },
    axisTick: { show: false },
    ...more,
  };
}

/** A text that ECharts may draw. It keeps the widths of texts under themselves in an object, where those that every object has a
 *  member of, as __proto__, find what is no width and are written into: such get a letter before them that is not seen. */
export function drawable(name) {
  if (typeof name !== "string") return name;
  const text = oneLine(name);
  return text in {} ? `\u2060${text}` : text;
}

const unitOf = (column) => column.unit ?? column.type;

/** [[sales, profit], [orders]]: what shares an axis. */
export function panelsOf(kpi) {
  const panels = new Map();
  for (const name of kpi.chart.y) {
    const column = columnOf(kpi, name);
    const key = unitOf(column);
    panels.set(key, [...(panels.get(key) ?? []), column]);
  }
  return [...panels.values()];
}

/** The heading of a panel. */
export function titleOf(columns, { title, top }) {
  const { quiet, px } = theme();
  return {
    text: columns.map(label).join(", "),
    left: title.left,
    top: top - px(18),
    textStyle: { color: quiet, fontSize: px(11), fontWeight: 400, width: title.width, overflow: "truncate" },
    padding: 0,
  };
}

/** An axis of names or periods. */
export function nameAxis(names, more = {}) {
  const { quiet, line, px } = theme();
  const { axisLabel, ...rest } = more;
  return {
    type: "category",
    data: names.map(drawable),
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: quiet, fontSize: px(11), lineHeight: px(14), hideOverlap: true, ...axisLabel },
    ...rest,
  };
}

/** The box of an axis' tooltip: its name and the values of all series there. */
export function axisTip(title, rowsAt) {
  return {
    trigger: "axis",
    axisPointer: { type: "line", lineStyle: { color: theme().quiet, type: "solid", width: 1 } },
    formatter: (points) => {
      const list = Array.isArray(points) ? points : [points];
      return tipContent(title(list[0].dataIndex), rowsAt(list[0].dataIndex));
    },
  };
}
