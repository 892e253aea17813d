// Numbers, money, days and texts as the reader writes them, by the type of their column.

import { columnLabel, locale, t, unitName, valueName } from "./i18n.js";
import { dayOf, periodEnd } from "./range.js";

const made = new Map();

function numbers(options) {
  const key = JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.NumberFormat(locale, options));
  return made.get(key);
}

function dates(options) {
  const key = `day ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }));
  return made.get(key);
}

/** A share of something, in contrast to units per order. */
export const isShare = (column) =>
  column.type === "ratio" && /(_rate|share|margin|^support|^confidence.*)$/.test(column.name);

function moneyOptions(currency, digits) {
  const length = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return currency ? { style: "currency", currency, currencyDisplay: "narrowSymbol", ...length } : length;
}

function money(value, currency, digits) {
  try {
    return numbers(moneyOptions(currency, digits)).format(value);
  } catch {
    return numbers(moneyOptions("", digits)).format(value); // a currency that is no code
  }
}

const UNITS = { __proto__: null, days: "day", months: "month", km: "kilometer" };

function withUnit(value, unit, digits, least = 0) {
  const length = { minimumFractionDigits: least, maximumFractionDigits: digits };
  if (UNITS[unit])
    return numbers({
      style: "unit",
      unit: UNITS[unit],
      unitDisplay: unit === "km" ? "short" : "long",
      ...length,
    }).format(value);
  if (unit === "degrees") return `${numbers({ maximumFractionDigits: 3 }).format(value)}°`;
  return unit ? `${numbers(length).format(value)} ${unitName(unit)}` : numbers(length).format(value);
}

// Columns may be called as what every object has: it has no such.
const longNames = {
  __proto__: null,
  month_of_year: (value, style) => dates({ month: style }).format(new Date(Date.UTC(2024, value - 1, 1))),
  weekday: (value, style) => dates({ weekday: style }).format(new Date(Date.UTC(2024, 0, value))), // 1 January 2024 is a Monday
  hour: (value) => dates({ hour: "numeric" }).format(new Date(Date.UTC(2024, 0, 1, value))),
};

/** A value of a column in full, for tables and tips. */
export function full(value, column, context = {}) {
  if (value === null || value === undefined) return "–";
  if (longNames[column.name]) return longNames[column.name](value, "long");
  switch (column.type) {
    case "money":
      return money(value, context.currency, 2);
    case "count":
      return column.unit ? withUnit(value, column.unit, 0) : numbers({ maximumFractionDigits: 0 }).format(value);
    case "ratio":
      return isShare(column)
        ? numbers({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value)
        : numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    case "number":
      return withUnit(value, column.unit, 1, 1);
    case "day":
      return column.name === "period"
        ? period(value, context.granularity)
        : column.name === "cohort"
          ? period(value, "month")
          : day(value);
    case "time":
      return moment(value);
    case "bool":
      return t(value ? "yes" : "no");
    default:
      return valueName(String(value), column.name);
  }
}

/** As large figures are shown: money without cents where it is plenty. */
export function figure(value, column, context) {
  if (value === null || value === undefined) return "–";
  if (column.type === "money") {
    const size = Math.abs(value);
    return size >= 1e8 ? compact(value, column, context) : money(value, context.currency, size >= 1000 ? 0 : 2);
  }
  return full(value, column, context);
}

/** As axes show it: 1.2M. least: the digits behind the point that stand in any case. */
export function compact(value, column, context = {}, least = 0) {
  if (value === null || value === undefined) return "";
  if (longNames[column.name]) return longNames[column.name](value, "short");
  const short = {
    notation: "compact",
    minimumFractionDigits: least,
    maximumFractionDigits: Math.abs(value) < 10 && !least ? 2 : 1,
  };
  if (column.type === "money" && context.currency) {
    try {
      return numbers({
        ...short,
        style: "currency",
        currency: context.currency,
        currencyDisplay: "narrowSymbol",
      }).format(value);
    } catch {
      // no code of a currency
    }
  }
  if (column.type === "ratio" && isShare(column))
    return numbers({ style: "percent", maximumFractionDigits: 1 }).format(value);
  return numbers(short).format(value);
}

/** Beside bars: whole where that is short, in one form for all of them. */
export function brief(values, column, context) {
  const most = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  if (most >= 1e5) return (value) => compact(value, column, context, 1);
  if (column.type === "money") return (value) => money(value, context.currency, most < 100 ? 2 : 0);
  if (column.type === "count") return count;
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return numbers(isShare(column) ? { style: "percent", ...digits } : digits).format;
}

export function percent(value) {
  const size = Math.abs(value);
  return numbers({ style: "percent", maximumFractionDigits: size >= 0.1 ? 0 : size >= 0.001 ? 1 : 2 }).format(value);
}

/** Shares with that many digits behind the point each. */
export const percents = (digits) =>
  numbers({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format;

export const count = (value) => numbers({ maximumFractionDigits: 0 }).format(value);
export const decimal = (value, digits = 1) => numbers({ maximumFractionDigits: digits }).format(value);

export const day = (text) =>
  dates({ day: "numeric", month: "short", year: "numeric" }).format(dayOf(text.slice(0, 10)));

/** A moment, by the clock of the reader. */
export const moment = (text) =>
  new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

export const days = (from, to) =>
  from === to
    ? day(from)
    : dates({ day: "numeric", month: "short", year: "numeric" }).formatRange(dayOf(from), dayOf(to));

/** A range in few letters: whole years and months as such. */
export function shortDays(from, to) {
  const [first, last] = [dayOf(from), dayOf(to)];
  const whole = from.endsWith("-01") && periodEnd(`${to.slice(0, 7)}-01`, "month") === to;
  if (!whole) return days(from, to);
  if (from.slice(5, 7) === "01" && to.slice(5, 7) === "12")
    return from.slice(0, 4) === to.slice(0, 4) ? from.slice(0, 4) : `${from.slice(0, 4)} – ${to.slice(0, 4)}`;
  return dates({ month: "short", year: "numeric" }).formatRange(first, last);
}

/** A period by its first day. */
export function period(first, granularity) {
  const date = dayOf(first);
  switch (granularity) {
    case "month":
      return dates({ month: "short", year: "numeric" }).format(date);
    case "quarter":
      return `${quarterName(date)} ${date.getUTCFullYear()}`;
    case "year":
      return String(date.getUTCFullYear());
    case "week":
      return days(first, periodEnd(first, "week"));
    default:
      return day(first);
  }
}

const quarterName = (date) => `${t("quarter.letter")}${Math.floor(date.getUTCMonth() / 3) + 1}`;

/** The same in the room that an axis has, without its year where others say that. */
export function axisPeriod(first, granularity) {
  const date = dayOf(first);
  switch (granularity) {
    case "month":
      return dates({ month: "short" }).format(date);
    case "quarter":
      return quarterName(date);
    case "year":
      return String(date.getUTCFullYear());
    default:
      return dates({ day: "numeric", month: "short" }).format(date);
  }
}

/** How much more: as a part of what was, or as points for what is a part itself. same: too little more to be said. */
export function change(now, before, column) {
  if (typeof now !== "number" || typeof before !== "number") return null;
  if (isShare(column)) {
    const points = (now - before) * 100;
    const text = decimal(Math.abs(points));
    return { value: points, text: `${text} pp`, same: text === decimal(0) };
  }
  if (before === 0) return null;
  const part = (now - before) / Math.abs(before);
  return { value: part, text: percent(Math.abs(part)), same: Math.abs(part) < 0.0005 };
}

/** Whether more of it is worse. */
export const isBetterLow = (column) =>
  /(^|_)(discount|late|cancel|cancellation|days|return_orders|freight|distance)/.test(column.name);

/** What a row is called: its label, its name, or its value on the x axis. */
export function rowName(row, kpi, context) {
  const names = [kpi.chart.label, kpi.chart.x, ...kpi.columns.filter((c) => c.key).map((c) => c.name)].filter(Boolean);
  for (const name of names) {
    const column = kpi.columns.find((c) => c.name === name);
    const value = row[name];
    if (column && value !== null && value !== undefined) return full(value, column, context);
  }
  return t("unknown");
}

export const columnOf = (kpi, name) => kpi.columns.find((column) => column.name === name);
export const label = (column) => columnLabel(column.name);
