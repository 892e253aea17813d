// Where an axis of numbers has its lines: round steps, as many as leave room for what is written at each.

import { compact, isShare } from "../format.js";
import { textWidth } from "./text.js";
import { theme } from "./theme.js";

const ROUND = [1, 2, 5, 10];

/** Between what nobody counts in parts there are no steps, nor below what is written of an amount. */
function leastStep(column) {
  if (column.type === "count") return 1;
  if (column.type === "money") return 0.01;
  return isShare(column) ? 0.001 : 0;
}

/** The smallest round step with which at most so many reach from low to high. */
function stepOf(low, high, most, least) {
  for (let size = 10 ** Math.floor(Math.log10((high - low) / most)); ; size *= 10)
    for (const round of ROUND) {
      const step = round * size;
      if (step >= least * 0.999 && Math.ceil(high / step - 1e-9) - Math.floor(low / step + 1e-9) <= most) return step;
    }
}

function spread(low, high, most, least) {
  const step = stepOf(low, high, most, least);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return { min: first * step, max: last * step, interval: step, first, last };
}

/** Whether all that is written along an axis of that width has room there. */
function hasRoom({ first, last, interval }, width, column, context) {
  const { px } = theme();
  const names = Array.from({ length: last - first + 1 }, (_, i) => compact((first + i) * interval, column, context));
  const each = width / (last - first);
  return names.every(
    (name, i) => i === 0 || (textWidth(name, px(11)) + textWidth(names[i - 1], px(11))) / 2 + px(10) <= each,
  );
}

/** What ECharts is to make of an axis for these values: { min, max, interval }. width: of one that lies, height: of one that stands.
 *  scale: it need not begin at zero. */
export function ticksOf(values, column, context, { width, height, scale = false }) {
  const known = values.filter(Number.isFinite);
  const ends = scale && known.length ? known : [...known, 0];
  const low = ends.reduce((a, b) => Math.min(a, b));
  const high = ends.reduce((a, b) => Math.max(a, b));
  const top = high > low ? high : low + (column.type === "count" ? 1 : Math.abs(low) * 0.1 || 1);
  const least = leastStep(column);
  let most = width ? 4 : Math.min(Math.max(Math.floor(height / theme().px(28)), 1), 5);
  let ticks = spread(low, top, most, least);
  while (width && most > 1 && !hasRoom(ticks, width, column, context)) ticks = spread(low, top, --most, least);
  const { min, max, interval } = ticks;
  return { min, max, interval };
}
