// Which KPIs stand on which page, and in which order: by the groups and the hints of their definitions.

import { KIND_ORDER } from "./charts/index.js";
import { has, humanise, t } from "./i18n.js";

const PAGES = [
  { id: "overview", groups: [] },
  { id: "sales", groups: ["sales", "time"] },
  { id: "customers", groups: ["customers"] },
  { id: "products", groups: ["products"] },
  { id: "geography", groups: ["geography", "delivery"] },
  { id: "sellers", groups: ["sellers", "payments", "reviews"] },
];

/** A group that no page has gets one of its own. */
export function pagesOf(kpis) {
  const known = new Set(PAGES.flatMap((page) => page.groups));
  const others = [...new Set(kpis.map((kpi) => kpi.group))].filter((group) => !known.has(group));
  const own = others.map((group) => ({ id: `group-${group}`, groups: [group], title: humanise(group) }));
  return [...PAGES, ...own, { id: "data", groups: [] }].map((page) => ({
    ...page,
    title: page.title ?? (has(`page.${page.id}`) ? t(`page.${page.id}`) : page.id),
  }));
}

const LAST = 1e6;
const kindRank = (kpi) =>
  KIND_ORDER.includes(kpi.chart.type) ? KIND_ORDER.indexOf(kpi.chart.type) : KIND_ORDER.length;

/** By the definition's own order first; then by kind, so that figures come before charts and charts before tables. */
function byOrder(groups) {
  return (a, b) =>
    (a.chart.order ?? LAST) - (b.chart.order ?? LAST) ||
    kindRank(a) - kindRank(b) ||
    groups.indexOf(a.group) - groups.indexOf(b.group) ||
    a.name.localeCompare(b.name);
}

export function kpisOf(page, kpis) {
  if (page.id === "overview")
    return kpis
      .filter((kpi) => kpi.chart.overview)
      .toSorted((a, b) => a.chart.overview - b.chart.overview || a.name.localeCompare(b.name));
  return kpis.filter((kpi) => page.groups.includes(kpi.group)).toSorted(byOrder(page.groups));
}
