// The page: catalogue and state of the data, navigation, the cards of the page in view, and news of new data.

import { describe } from "./actions.js";
import { getJson, Problem, View } from "./api.js";
import { Card, reasonOf } from "./card.js";
import { onTheme, themeChanged } from "./charts/theme.js";
import { hideTip } from "./charts/tip.js";
import { DataPage } from "./data.js";
import { openDialog } from "./dialog.js";
import { $, h, icon, say } from "./dom.js";
import { listen } from "./events.js";
import { drawBar, drawBarShell } from "./filters.js";
import { day, days as rangeText } from "./format.js";
import { kpiTitle, language, LANGUAGES, plural, setLanguage, t } from "./i18n.js";
import { keep } from "./kept.js";
import { kpisOf, pagesOf } from "./pages.js";
import "./paper.js";
import { closePopover } from "./popover.js";
import { daysOf, reachesBefore } from "./range.js";
import { later, passes, recovered } from "./recover.js";
import * as state from "./state.js";

let kpis = [];
let status = null;
let away = null; // why the state of the data is not known, or is an old one
let connected = false; // to the events
let pages = [];
let view = null;
let shown = { page: null, cards: [], data: null };
let full = null;

const pageOf = (now) => pages.find((page) => page.id === now.page) ?? pages[0];

function drawNav(now) {
  $("nav").replaceChildren(
    ...pages.map((page) => {
      const href = state.addressOf({ ...now, page: page.id, full: "" });
      const go = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        state.set({ page: page.id, full: "" });
        $("main").focus({ preventScroll: true });
        scrollTo(0, 0);
      };
      return h(
        "a",
        { href, "aria-current": page === pageOf(now) ? "page" : null, on: { click: go } },
        icon(page.id),
        h("span", {}, page.title),
      );
    }),
  );
  $("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function drawHead(now) {
  const page = pageOf(now);
  $("title").textContent = page.title;
  document.title = `${page.title} – ${t("title")}`;
  const days = daysOf(now, status);
  const compared = now.compare !== "off" && reachesBefore(now, status) && page.id !== "data";
  $("range").replaceChildren(
    ...(days && page.id !== "data"
      ? [
          h("b", {}, rangeText(days.from, days.to)),
          compared ? `, ${t("head.compared", { what: t(`compare.short.${now.compare}`) })}` : "",
        ]
      : []),
  );
  $("until").textContent = status?.last_day ? t("head.until", { day: day(status.last_day) }) : "";
}

/** Statuses of orders that are no sales. */
const UNCOUNTED = ["cancelled", "unavailable", "unpaid"];

function drawBanner(now) {
  const lines = [];
  if (away) lines.push(h("p", {}, icon("warn"), t("head.away"), away.status === 503 ? "" : ` ${reasonOf(away)}`));
  if (status?.definition_errors?.length)
    lines.push(h("p", {}, icon("warn"), plural("head.errors", status.definition_errors.length)));
  if (now.filters.status.some((value) => UNCOUNTED.includes(value)))
    lines.push(h("p", { id: "uncounted" }, icon("info"), t("head.uncounted")));
  if (status && status.data_version === 0)
    lines.push(
      h("p", {}, icon("info"), t("head.nothing"), " ", t("head.howTo")),
      h("pre", {}, h("code", {}, "kpi-load FOLDER\n\nkpi-sample --orders 20000 FOLDER && kpi-load FOLDER")),
    );
  $("banner").replaceChildren(...(lines.length ? [h("div", { class: "banner" }, lines)] : []));
}

/** Figures stand in a row of their own above the charts. */
function layOut(cards) {
  const figures = cards.filter((card) => card.kpi.chart.type === "number");
  const charts = cards.filter((card) => card.kpi.chart.type !== "number");
  const group = (name, list) =>
    list.length > 0 &&
    h(
      "div",
      { class: name },
      list.map((card) => card.element),
    );
  $("cards").replaceChildren(...[group("tiles", figures), group("charts", charts)].filter(Boolean));
  if (!cards.length) $("cards").append(h("p", { class: "note" }, t("page.empty")));
}

function leavePage() {
  for (const card of shown.cards) card.dispose();
  shown = { page: null, cards: [], data: null };
}

function showPage(now) {
  const page = pageOf(now);
  if (shown.page === page.id) return;
  leavePage();
  shown.page = page.id;
  $("bar-area").hidden = page.id === "data";
  if (page.id === "data") {
    shown.data = new DataPage(onFail);
    $("cards").replaceChildren(shown.data.element);
    return;
  }
  shown.cards = kpisOf(page, kpis).map(
    (kpi) => new Card(kpi, kpis, { ...RECOVERY, onFull: (one) => state.set({ full: one.name }) }),
  );
  layOut(shown.cards);
}

/** The card that fills the screen is part of the state, so that back closes it. */
function showFull(now) {
  const wanted = kpis.find((kpi) => kpi.name === now.full);
  if (full && full.card.kpi !== wanted) {
    const { dialog } = full;
    full = null;
    dialog.close();
  }
  if (!wanted || full) return;
  const card = new Card(wanted, kpis, { ...RECOVERY, large: true });
  const dialog = openDialog(kpiTitle(wanted), card.element, {
    wide: true,
    onClose: () => {
      card.dispose();
      // Else it was closed from here, and another may stand in its place already.
      if (full?.card !== card) return;
      full = null;
      state.closeFull();
    },
  });
  full = { card, dialog };
}

/** Draws a state: what differs from what is shown is fetched. */
function show(now, before) {
  hideTip();
  drawNav(now);
  drawHead(now);
  drawBar(now, status);
  drawBanner(now);
  showPage(now);
  const onlyFull = before && state.addressOf({ ...now, full: "" }) === state.addressOf({ ...before, full: "" });
  showFull(now);
  if (onlyFull) full?.card.update(view);
  else refresh();
  if (before && !onlyFull) say(`${pageOf(now).title}: ${describe(now, status)}`);
}

function refresh() {
  view?.leave();
  view = new View(state.get(), status, away);
  shown.data?.update(view, status);
  for (const card of [full?.card, ...shown.cards]) card?.update(view);
}

async function loadStatus() {
  try {
    status = await getJson("v1/status");
    away = status.stale ? new Problem("", 503) : null;
  } catch (problem) {
    away = problem;
  }
  if (away) onFail(away);
  drawBanner(state.get());
  drawLive();
  return !away;
}

/** What failed with the server or the database away, or is old, is asked for again when they are back. */
async function recover() {
  const [wasAway, knew] = [away, status !== null];
  const back = await loadStatus();
  if (!knew && status) {
    show(state.get());
    return;
  }
  if (back !== !wasAway) {
    drawHead(state.get());
    drawBar(state.get(), status);
    refresh();
    if (back) recovered();
    return;
  }
  if (!back) return;
  const behind = [full?.card, ...shown.cards, shown.data].filter((part) => part?.failed || part?.old);
  await Promise.all(behind.map((part) => part.retry()));
  if (behind.every((part) => !part.failed && !part.old)) recovered();
}

const recoverLater = () => later(() => (pages.length ? recover() : start()));

function onFail(problem) {
  if (passes(problem)) recoverLater();
}

const RECOVERY = { onFail, onOld: recoverLater, onUnknown: recover };

/** Other definitions: the cards of today's catalogue, with the same view asked for again. */
async function onDefinitions() {
  const [list] = await Promise.all([getJson("v1/kpis").catch(() => null), loadStatus()]);
  const now = state.get();
  if (list && JSON.stringify(list.data) !== JSON.stringify(kpis)) {
    kpis = list.data;
    pages = pagesOf(kpis);
    shown.page = null;
    drawNav(now);
    showPage(now);
    showFull(now);
  }
  drawHead(now);
  drawBar(now, status);
  refresh();
}

/** New data: the same, since definitions may have changed meanwhile. */
async function onNews() {
  await onDefinitions();
  say(t("head.new"));
}

const THEMES = ["auto", "light", "dark"];

function drawPreferences() {
  const theme = () => document.documentElement.dataset.theme ?? "auto";
  const button = h("button", { type: "button", class: "icon-button", id: "theme" });
  const paint = () => {
    button.replaceChildren(icon({ auto: "auto", light: "sun", dark: "moon" }[theme()]));
    button.title = `${t("theme")}: ${t(`theme.${theme()}`)}`;
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    keep("theme", next);
    paint();
    themeChanged();
  });
  paint();
  const languages = h(
    "select",
    { id: "language", "aria-label": t("language"), on: { change: () => setLanguage(languages.value) } },
    Object.entries(LANGUAGES).map(([key, name]) => h("option", { value: key, lang: key }, name)),
  );
  languages.value = language;
  $("preferences").replaceChildren(h("a", { href: "docs/" }, t("swagger")), languages, button);
}

function drawTexts() {
  document.documentElement.lang = language;
  $("skip").textContent = t("skip");
  $("side").setAttribute("aria-label", t("pages"));
}

function drawFailure(problem) {
  const again = h("button", { type: "button", class: "button", on: { click: start } }, t("card.retry"));
  $("cards").replaceChildren(
    h(
      "div",
      { class: "card-error", role: "alert" },
      icon("warn"),
      h("p", {}, h("b", {}, t("head.failed")), h("span", {}, reasonOf(problem))),
      again,
    ),
  );
}

function drawLive() {
  $("live").className = connected && !away ? "live on" : "live";
  $("live").title = t(!connected ? "head.notLive" : away ? "head.liveAway" : "head.live");
  $("live").setAttribute("aria-label", $("live").title);
}

function onState(isConnected) {
  connected = isConnected;
  drawLive();
}

async function start() {
  try {
    // The catalogue does not need the database: the page stands even while that is away.
    const [list] = await Promise.all([getJson("v1/kpis"), loadStatus()]);
    kpis = list.data;
  } catch (problem) {
    drawFailure(problem);
    onFail(problem);
    return;
  }
  pages = pagesOf(kpis);
  state.onChange((now, before) => {
    if (now.page !== before.page) closePopover();
    show(now, before);
  });
  show(state.get());
  onTheme(() => [full?.card, ...shown.cards].forEach((card) => card?.redraw()));
  listen(status?.data_version, { onNews, onDefinitions, onState });
}

drawTexts();
drawPreferences();
drawBarShell();
start();
