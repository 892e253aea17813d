// What is looked at: page, range, comparison, filters. All of it is in the address, so that a link shows the same and the
// browser's own back works.

import { isDate, PRESETS, startOf, endOf } from "./range.js";

export const FILTERS = [
  "region",
  "country",
  "state",
  "city",
  "segment",
  "category",
  "subcategory",
  "product",
  "customer",
  "seller",
  "status",
];
export const GRANULARITIES = ["day", "week", "month", "quarter", "year"];
export const COMPARISONS = ["previous-period", "previous-year", "off"];
const DEFAULTS = { page: "overview", period: "last-12-months", compare: "previous-period" };
// As the server has it; none of them has a NUL.
const VALUE_BYTES_MOST = 1024;

const listeners = new Set();

/** A range whose days exist and have an order; else none. */
function rangeOf(from, to) {
  const [first, last] = [from, to].map((text) => (isDate(text) ? text : ""));
  return first && last && startOf(first) > endOf(last) ? { from: "", to: "" } : { from: first, to: last };
}

const isValue = (text) =>
  text !== "" && !text.includes("\0") && new TextEncoder().encode(text).length <= VALUE_BYTES_MOST;

/** The range that a click on a chart went into, and its steps: "all", "last-year,week", "2023-01-01..2023-06-30". */
export function outerOf(text) {
  const [range, granularity = ""] = (text ?? "").split(",");
  const [from = "", to = ""] = range.includes("..") ? range.split("..") : [];
  const steps = GRANULARITIES.includes(granularity) ? granularity : "";
  if (PRESETS.includes(range)) return { period: range, from: "", to: "", granularity: steps };
  const days = rangeOf(from, to);
  return days.from || days.to ? { period: "", ...days, granularity: steps } : null;
}

const textOfOuter = ({ period, from, to, granularity }) =>
  (period || `${from}..${to}`) + (granularity ? `,${granularity}` : "");

function read(search) {
  const query = new URLSearchParams(search);
  const { from, to } = rangeOf(query.get("from"), query.get("to"));
  const within = query.get("within") ?? "";
  const compare = query.get("compare");
  const granularity = query.get("granularity");
  const period = query.get("period");
  return {
    page: query.get("page") ?? DEFAULTS.page,
    period: from || to ? "" : PRESETS.includes(period) ? period : DEFAULTS.period,
    from,
    to,
    within: (from || to) && outerOf(within) ? within : "",
    compare: COMPARISONS.includes(compare) ? compare : DEFAULTS.compare,
    granularity: GRANULARITIES.includes(granularity) ? granularity : "",
    filters: Object.fromEntries(FILTERS.map((name) => [name, [...new Set(query.getAll(name))].filter(isValue)])),
    full: query.get("full") ?? "",
  };
}

let current = read(location.search);

// The language that the address asks for (i18n.js) is asked for by the next one too.
const lang = new URLSearchParams(location.search).get("lang");

/** The address of a state, without what is the default. */
export function addressOf(state) {
  const query = new URLSearchParams(lang ? { lang } : {});
  for (const name of ["page", "period", "from", "to", "within", "compare", "granularity", "full"])
    if (state[name] && state[name] !== DEFAULTS[name]) query.set(name, state[name]);
  for (const name of FILTERS) for (const value of state.filters[name]) query.append(name, value);
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

export const get = () => current;

export function onChange(listener) {
  listeners.add(listener);
}

function become(state) {
  const before = current;
  current = state;
  for (const listener of listeners) listener(state, before);
}

/** Goes on to what the change says; `replace` leaves no step to go back to. A range of its own lies within no other. */
export function set(change, { replace = false } = {}) {
  const next = { ...current, ...("period" in change && { within: "" }), ...change };
  if (addressOf(next) === addressOf(current)) return;
  if (replace) history.replaceState(null, "", addressOf(next));
  else history.pushState({ opened: Boolean(change.full) }, "", addressOf(next));
  become(next);
}

/** Fills the screen with a KPI no more. The step that opened it is taken back, so that none is left that changes nothing. */
export function closeFull() {
  if (history.state?.opened) history.back();
  else set({ full: "" }, { replace: true });
}

/** Goes into days of the range that is shown, which leaveDays() comes back to. */
export function enterDays(from, to) {
  const within = current.within || textOfOuter(current);
  set({ period: "", from, to, granularity: "", within });
}

export function leaveDays() {
  set(outerOf(current.within) ?? { period: DEFAULTS.period, from: "", to: "", granularity: "" });
}

/** Sets filters: { region: ["West"] }. */
export function setFilters(change) {
  set({ filters: { ...current.filters, ...change } });
}

/** No filters, and no days that a click went into. */
export function clearFilters() {
  set({ ...outerOf(current.within), filters: Object.fromEntries(FILTERS.map((name) => [name, []])) });
}

const ASKED = ["period", "from", "to", "granularity", "filters"];

/** Whether two states are about the same numbers, be they compared with others or not. */
export const areOfSame = (a, b) => ASKED.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));

/** The filters that are set: [["region", "West"], …]. */
export function chosen(state) {
  return FILTERS.flatMap((name) => state.filters[name].map((value) => [name, value]));
}

addEventListener("popstate", () => {
  const next = read(location.search);
  // A jump within the page is none of ours.
  if (addressOf(next) !== addressOf(current)) become(next);
});
