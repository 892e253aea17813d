// Where a figure's small line comes from: the time series of the catalogue that has a column of the same name.

import { requestOf } from "./api.js";
import { columnOf } from "./format.js";

/** Ratios whose parts a series has, as columns are named alike everywhere. */
const PARTS = {
  average_order_value: ["sales", "orders"],
  discount_rate: ["discount", "gross"],
  margin: ["profit", "costed_sales"],
  units_per_order: ["units", "orders"],
  orders_per_customer: ["orders", "customers"],
};

const isSeries = (kpi) => kpi.parameters.includes("granularity") && columnOf(kpi, kpi.chart.x)?.type === "day";

/** The series that has all these columns: a line before others, which have their columns for some orders only. */
function seriesWith(kpis, names) {
  const fits = kpis.filter((kpi) => isSeries(kpi) && names.every((name) => columnOf(kpi, name)));
  return fits.find((kpi) => kpi.chart.type === "line") ?? fits[0];
}

/** A part of nothing and a part that is not known are no numbers. */
function valueOf(row, [part, whole]) {
  if (!whole || row[part] === null) return row[part];
  return row[whole] ? row[part] / row[whole] : null;
}

/** The values of a figure over time, or null. */
export async function valuesOverTime(name, kpis, view) {
  const parts = seriesWith(kpis, [name]) ? [name] : PARTS[name];
  const series = parts && seriesWith(kpis, parts);
  if (!series) return null;
  try {
    const { data } = await view.get(requestOf(series, view.state, view.status).path);
    return data.filter((row) => row.partial !== true).map((row) => valueOf(row, parts));
  } catch {
    return null; // the card of the series says what is wrong
  }
}
