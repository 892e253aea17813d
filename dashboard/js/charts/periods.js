// Which periods an axis names: as many as have room, from the beginnings of years on, and each year once.

import { axisPeriod, full } from "../format.js";
import { t } from "../i18n.js";
import { textWidth } from "./text.js";
import { theme } from "./theme.js";

/** How many periods may lie between two names, so that these are the same ones in every year. */
const STEPS = { month: [1, 2, 3, 6, 12, 24, 60, 120], quarter: [1, 2, 4, 8, 20, 40] };

const beginsYear = (first) => first.slice(5, 7) === "01";

/** What the number of before is called beside one of a period: by the period that it is of, where rows are periods. */
export function nameBefore(before, old, x, context) {
  const first = x?.type === "day" ? old?.[x.name] : null;
  if (!first) return before.name;
  const period = full(first, x, context);
  return old.partial ? t("series.cut", { period }) : period;
}

/** What ECharts is to write along an axis of that width. days: the first days of the periods. */
export function periodLabels(days, granularity, width) {
  const { px } = theme();
  const names = days.map((day) => axisPeriod(day, granularity));
  const room = Math.max(1, ...[...new Set(names)].map((name) => textWidth(name, px(11)))) + px(12);
  const least = Math.max(1, Math.ceil((room * days.length) / Math.max(width, 1)));
  const step = STEPS[granularity]?.find((one) => one >= least) ?? least;
  const from = STEPS[granularity] && step > 1 ? Math.max(0, days.findIndex(beginsYear)) % step : 0;
  const shown = new Map();
  let year = null;
  for (let i = from; i < days.length; i += step) {
    const own = days[i].slice(0, 4);
    shown.set(i, own === year || granularity === "year" ? names[i] : `${names[i]}\n${own}`);
    year = own;
  }
  return {
    interval: (i) => shown.has(i),
    formatter: (_, i) => shown.get(i) ?? "",
    hideOverlap: false,
    half: room / 2,
  };
}
