// Why there is nothing to be shown: which of an answer's notes can be the reason.

import { chosen } from "./state.js";

/** Notes that are a reason wherever they stand. */
const ALWAYS = /^(Nothing has been loaded yet|The range (begins|ends) |Orders that are cancelled)/;

/** What data may lack: how the note says so, and the columns and the group of KPIs that have no rows without it. */
const LACKS = [
  { says: "has no time of day", keys: ["hour"] },
  { says: "has no payments", keys: ["payment_type"] },
  { says: "has no reviews", group: "reviews" },
  { says: "has no sellers", keys: ["seller"] },
  { says: "has no delivery dates", group: "delivery" },
  { says: "does not tell who bought", keys: ["customer"] },
  { says: "has no coordinates of where orders come from", keys: ["from_km"] },
  { says: "has no coordinates of where orders went", keys: ["latitude", "longitude"] },
];

/** The same of filters: of what is not known nothing matches. Their KPIs have a row for the unknown. */
const UNFILTERABLE = {
  region: "has no regions",
  country: "has no countries",
  state: "has no states",
  city: "has no cities",
  segment: "has no customer segments",
  category: "has no categories",
  subcategory: "has no subcategories",
  customer: "does not tell who bought",
  seller: "has no sellers",
};
const DIMENSIONS = Object.values(UNFILTERABLE).filter((says) => !LACKS.some((lack) => lack.says === says));

const isUnknown = (value) => value === null || value === undefined;

/** Whether there are rows, of which nothing is known. */
function knowsNothing(kpi, rows) {
  const shown = [...kpi.chart.y, kpi.chart.value].filter((name) => name && !isKey(kpi, name));
  return rows.length > 0 && rows.every((row) => shown.every((name) => isUnknown(row[name])));
}

const isKey = (kpi, name) => kpi.columns.some((column) => column.key && column.name === name);

function isReason(note, kpi, answer, state) {
  if (ALWAYS.test(note)) return true;
  if (!note.startsWith("The loaded data ")) return false;
  if (chosen(state).some(([name]) => UNFILTERABLE[name] && note.includes(UNFILTERABLE[name]))) return true;
  if (knowsNothing(kpi, answer.data)) return !DIMENSIONS.some((says) => note.includes(says));
  const lack = LACKS.find(({ says }) => note.includes(says));
  return Boolean(lack) && (lack.group === kpi.group || (lack.keys ?? []).some((name) => isKey(kpi, name)));
}

/** The note that is the reason for an answer with nothing in it; null where none can be. */
export const whyEmpty = (kpi, answer, state) =>
  (answer.notes ?? []).find((note) => isReason(note, kpi, answer, state)) ?? null;
