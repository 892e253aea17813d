// Ranges of days: what their names mean for this data, and how long a period of a time series is in them.

export const PRESETS = [
  "last-7-days",
  "last-30-days",
  "last-90-days",
  "last-12-months",
  "this-month",
  "last-month",
  "this-quarter",
  "last-quarter",
  "this-year",
  "last-year",
  "all",
];
const DAY_MS = 86_400_000;

export const dayOf = (text) => new Date(`${text}T00:00:00Z`);
export const textOf = (date) => date.toISOString().slice(0, 10);
const plus = (date, days) => new Date(date.getTime() + days * DAY_MS);
const utc = (year, month, day) => new Date(Date.UTC(year, month, day));

/** The first and last day of a preset, counted back from the newest day. */
function presetDays(name, first, last) {
  const year = last.getUTCFullYear();
  const month = last.getUTCMonth();
  const quarter = month - (month % 3);
  switch (name) {
    case "last-7-days":
      return [plus(last, -6), last];
    case "last-30-days":
      return [plus(last, -29), last];
    case "last-90-days":
      return [plus(last, -89), last];
    case "last-12-months":
      return [utc(year, month - 11, 1), last];
    case "this-month":
      return [utc(year, month, 1), utc(year, month + 1, 0)];
    case "last-month":
      return [utc(year, month - 1, 1), utc(year, month, 0)];
    case "this-quarter":
      return [utc(year, quarter, 1), utc(year, quarter + 3, 0)];
    case "last-quarter":
      return [utc(year, quarter - 3, 1), utc(year, quarter, 0)];
    case "this-year":
      return [utc(year, 0, 1), utc(year, 12, 0)];
    case "last-year":
      return [utc(year - 1, 0, 1), utc(year, 0, 0)];
    default:
      return [first, last];
  }
}

/** Whether a text is a day, month or year that there is, as the server takes it: YYYY-MM-DD, YYYY-MM or YYYY. */
export function isDate(text) {
  if (!/^\d{4}(-\d{2}(-\d{2})?)?$/.test(text ?? "")) return false;
  const first = startOf(text);
  const year = first.getUTCFullYear();
  return year >= 1900 && year < 2200 && textOf(first).startsWith(text);
}

/** YYYY, YYYY-MM or YYYY-MM-DD as its last day. */
export function endOf(text) {
  const [year, month, day] = text.split("-").map(Number);
  if (day) return dayOf(text);
  return month ? utc(year, month, 0) : utc(year, 12, 0);
}

export const startOf = (text) => dayOf(`${text}-01-01`.slice(0, 10));

/** The days that a state is about, as the data has them; null where nothing is loaded. */
export function daysOf(state, status) {
  if (!status?.last_day) return null;
  const first = dayOf(status.first_day);
  const last = dayOf(status.last_day);
  if (state.period) {
    const [from, to] = presetDays(state.period, first, last);
    return { from: textOf(from), to: textOf(to > last ? last : to) };
  }
  const from = state.from ? startOf(state.from) : first;
  const to = state.to ? endOf(state.to) : last;
  // Days beyond the data leave nothing on their other side.
  if (from > to) return state.to ? { from: textOf(to), to: textOf(to) } : { from: textOf(from), to: textOf(from) };
  return { from: textOf(from), to: textOf(to) };
}

/** Whether only the state of the data tells which days a state is about. */
export const needsStatus = (state) => state.period === "last-12-months";

/** What a request for that range has to say. The server knows no last 12 months: to it they are a from. */
export function rangeParameters(state, status) {
  if (needsStatus(state)) {
    const days = daysOf(state, status);
    return days ? { from: days.from, to: days.to } : {};
  }
  if (state.period) return { period: state.period };
  return { ...(state.from && { from: state.from }), ...(state.to && { to: state.to }) };
}

/** Without a beginning there is nothing to compare with. */
export const canCompare = (state) => (state.period ? state.period !== "all" : Boolean(state.from));

/** Whether the data reach back to what is compared with. Days that the data have not reached are compared with nothing. */
export function reachesBefore(state, status) {
  const days = daysOf(state, status);
  if (!days || !canCompare(state) || days.from > status.last_day) return false;
  if (state.compare !== "previous-year") return days.from > status.first_day;
  const last = dayOf(days.to);
  return textOf(utc(last.getUTCFullYear() - 1, last.getUTCMonth(), last.getUTCDate())) >= status.first_day;
}

/** Periods that make some ten to forty points. */
export function granularityOf(state, status) {
  if (state.granularity) return state.granularity;
  const days = daysOf(state, status);
  if (!days) return "month";
  const length = (dayOf(days.to) - dayOf(days.from)) / DAY_MS + 1;
  if (length <= 45) return "day";
  if (length <= 190) return "week";
  if (length <= 1300) return "month";
  return length <= 4000 ? "quarter" : "year";
}

/** The last day of the period that begins on a day. */
export function periodEnd(first, granularity) {
  const date = dayOf(first);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (granularity) {
    case "day":
      return first;
    case "week":
      return textOf(plus(date, 6));
    case "month":
      return textOf(utc(year, month + 1, 0));
    case "quarter":
      return textOf(utc(year, month + 3, 0));
    default:
      return textOf(utc(year, 12, 0));
  }
}
