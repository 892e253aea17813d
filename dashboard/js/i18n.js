// Texts of the page in the reader's language. What the catalogue says in English is shown so where there is no translation.

import en from "./texts/en.js";
import { keep, kept } from "./kept.js";
import { FILTERS } from "./state.js";

export const LANGUAGES = { en: "English", fr: "Français" };

function pick() {
  const asked = new URLSearchParams(location.search).get("lang") ?? kept("lang");
  const known = (tag) => Object.hasOwn(LANGUAGES, tag);
  if (known(asked)) return asked;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(known) ?? "en";
}

export const language = pick();

/** For Intl: the reader's own variety of the language, as en-GB. */
export const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;

export function setLanguage(name) {
  const query = new URLSearchParams(location.search);
  query.delete("lang");
  if (!keep("lang", name)) query.set("lang", name);
  location.search = query;
}

// Only who reads another language fetches its texts.
const texts = language === "en" ? en : (await import(`./texts/${language}.js`)).default;
const rules = new Intl.PluralRules(language);

/** What a table has under a name. Names that come from data may be those of what every object has, as constructor. */
const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

/** A text, with its {holes} filled. */
export function t(key, holes = {}) {
  const text = own(texts, key) ?? own(en, key) ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => holes[name] ?? "");
}

/** A text about a count, in its singular where the language asks for it. holes: others, or how the count is written. */
export function plural(key, count, holes = {}) {
  const one = `${key}.one`;
  return t(rules.select(count) === "one" && has(one) ? one : key, { count, ...holes });
}

export const has = (key) => Object.hasOwn(en, key);

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** some_name as Some name. */
export function humanise(name) {
  const words = name.replace(/[_-]+/g, " ").trim();
  return capital(words);
}

export const kpiTitle = (kpi) => own(texts.kpis, kpi.name) ?? kpi.title;
/** What it answers, without what its rows are: that is seen. With the language it is in. */
export function kpiSummary(kpi) {
  const ours = own(texts.summaries, kpi.name);
  return ours
    ? { text: ours, lang: null }
    : { text: kpi.summary.replace(/(: an? row | \(an? row ).*$/, "."), lang: language === "en" ? null : "en" };
}

/** "{share} of …" as what finds it, and what stands there. */
const patterns = (table) =>
  Object.entries(table).map(([english, ours]) => [
    new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`),
    ours,
  ]);
const NOTES = patterns(texts.notes);
const CLEANINGS = patterns(texts.cleanings);

function translated(text, table = NOTES) {
  for (const [pattern, ours] of table) {
    const found = pattern.exec(text);
    if (found)
      return ours.replace(/\{(\w+)\}/g, (_, name) => translated(found.groups[name], table) ?? found.groups[name]);
  }
  const amount = /^(\d+(?:\.\d+)?) %$/.exec(text);
  return amount ? (amount[1] / 100).toLocaleString(locale, { style: "percent", maximumFractionDigits: 1 }) : null;
}

/** What an answer says of itself, with the language that it is in: a server may say more than is known here. */
export function note(text) {
  const ours = translated(text);
  return { text: ours ?? text, lang: ours || language === "en" ? null : "en" };
}

const inEnglish = language === "en" ? null : "en";

/** What a load has mended, why it has refused rows, and what a check looks for: each with the language that it is in. */
export function cleaning(what) {
  const ours = translated(what, CLEANINGS);
  return ours ? { text: capital(ours), lang: null } : { text: humanise(what), lang: inEnglish };
}

export function refusal(code) {
  const ours = own(texts.reasons, code);
  return ours ? { text: ours, lang: null } : { text: humanise(code), lang: inEnglish };
}

export function checkTexts({ name, title, summary }) {
  const ours = own(texts.checks, name);
  return ours ? { ...ours, lang: null } : { title, summary, lang: inEnglish };
}

export const columnLabel = (name) => own(texts.columns, name) ?? humanise(name);
/** The same behind a number, as "1 order". */
export const countedLabel = (name, count) =>
  ((rules.select(count) === "one" && own(texts.one, name)) || columnLabel(name)).toLocaleLowerCase(locale);

export const unitName = (unit) => own(texts.units, unit) ?? unit;

const CLASSES = ["category", "subcategory", "segment"];

/** Columns of names and ids, as name_a and product_b. */
const NAMES = /^(name|product|customer|seller)(_|$)|_(name|id)$/;

/** A value as people read it: credit_card as Credit card. What people wrote themselves, as names of products, stays as it is. */
export function valueName(value, column) {
  const ours = column === "status" || !(FILTERS.includes(column) || NAMES.test(column));
  if (ours && own(texts.values, value)) return own(texts.values, value);
  const word = /^[a-z]+(_[a-z0-9]+)*$/.test(value);
  return word && (ours || CLASSES.includes(column)) ? humanise(value) : value;
}
