// Which module draws which kind of chart.

import * as bar from "./bar.js";
import * as heatmap from "./heatmap.js";
import * as line from "./line.js";
import * as map from "./map.js";
import * as number from "./number.js";
import * as pie from "./pie.js";
import * as scatter from "./scatter.js";
import * as table from "./table.js";

const KINDS = { number, line, bar, "stacked-bar": bar, pie, heatmap, map, table, scatter };

/** The order of kinds on a page, for definitions that do not say theirs. */
export const KIND_ORDER = ["number", "line", "stacked-bar", "bar", "pie", "map", "heatmap", "scatter", "table"];

/** A kind that is not known, or that lacks what it runs along, is a table: every KPI has rows. */
export function kindOf({ chart }) {
  const lacks = ["pie", "heatmap", "map", "scatter"].includes(chart.type) && !chart.x;
  return lacks ? table : (KINDS[chart.type] ?? table);
}
