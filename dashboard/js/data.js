// The page about the data themselves: how fresh they are, what became of the rows of each load, what the checks found.

import { reasonOf } from "./card.js";
import { h, icon } from "./dom.js";
import { count, day, decimal, moment, percent } from "./format.js";
import { checkTexts, cleaning, has, humanise, language, plural, refusal, t } from "./i18n.js";

const FATES = ["read", "inserted", "updated", "unchanged", "skipped", "rejected"];
const PATH = "v1/data-quality?limit=20";
const GRAVITY = ["error", "warning", "info"];
const english = { lang: language === "en" ? null : "en" };

const word = (name) => (has(`data.${name}`) ? t(`data.${name}`) : humanise(name));
const told = ({ text: words, lang }) => h("span", { lang }, words);
const badge = (name, text = word(name)) => h("span", { class: `badge ${name}` }, text);

function card(id, title, text, ...content) {
  return h(
    "article",
    { class: "card whole kind-table", "aria-labelledby": id, data: { part: id } },
    h("header", { class: "card-head" }, h("h2", { id }, title)),
    text && h("p", { class: "card-summary" }, text),
    h("div", { class: "card-body" }, content),
  );
}

function facts(list) {
  return h(
    "dl",
    { class: "data-grid" },
    list
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

function table(title, heads, rows) {
  const number = (i) => (heads[i].number ? "number" : "text");
  return h(
    "div",
    { class: "table-scroll", tabindex: "0", role: "region", "aria-label": title },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, title),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((head, i) => h("th", { scope: "col", class: number(i) }, head.text)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, i) => h(i ? "td" : "th", { class: number(i), scope: i ? null : "row" }, cell)),
          ),
        ),
      ),
    ),
  );
}

const text = (key) => ({ text: t(key) });
const number = (key) => ({ text: t(key), number: true });

function freshness(status) {
  const load = status.last_import;
  const began = new Date(Date.now() - status.uptime_s * 1000).toISOString();
  return card(
    "fresh",
    t("data.fresh"),
    null,
    facts([
      [t("data.newest"), status.last_day && day(status.last_day)],
      [t("data.oldest"), status.first_day && day(status.first_day)],
      [t("data.lastLoad"), load && h("span", {}, moment(load.finished_at ?? load.started_at), " ", badge(load.status))],
      [t("data.version"), count(status.data_version)],
      [t("data.currency"), status.currency],
      [t("data.timezone"), status.timezone],
      ...Object.entries(status.counts ?? {}).map(([name, value]) => [word(name), count(value)]),
      [t("data.kpis"), count(status.kpis)],
      [t("data.engine"), status.engine?.version],
      [t("data.uptime"), moment(began)],
    ]),
  );
}

function definitions(errors) {
  return card(
    "definitions",
    t("data.definitions"),
    null,
    h(
      "ul",
      english,
      errors.map((error) =>
        h(
          "li",
          {},
          typeof error === "string"
            ? error
            : Object.values(error)
                .filter((part) => typeof part === "string")
                .join(": "),
        ),
      ),
    ),
  );
}

function imports(list) {
  const rows = list.map((one) => [
    h("span", { class: "when" }, moment(one.started_at), " ", badge(one.status)),
    one.profile ?? "–",
    h(
      "details",
      {},
      h("summary", {}, count(one.files.length)),
      one.files.map((file) =>
        h(
          "div",
          {},
          h("code", {}, file.file ?? "–"),
          ` ${count(file.read)}`,
          file.rejected > 0 && h("span", {}, `, ${t("data.rejected").toLocaleLowerCase()}: ${count(file.rejected)}`),
        ),
      ),
    ),
    ...FATES.map((fate) => count(one.rows[fate] ?? 0)),
    typeof one.seconds === "number" ? decimal(one.seconds) : "–",
  ]);
  return card(
    "imports",
    t("data.imports"),
    t("data.importsText"),
    rows.length
      ? table(
          t("data.imports"),
          [
            text("data.when"),
            text("data.profile"),
            text("data.files"),
            ...FATES.map((fate) => number(`data.${fate}`)),
            number("data.seconds"),
          ],
          rows,
        )
      : h("p", { class: "card-empty" }, t("data.noLoads")),
  );
}

function rejects(one) {
  const list = Object.entries(one.rejected ?? {}).toSorted((a, b) => b[1] - a[1]);
  const all = list.reduce((sum, [, n]) => sum + n, 0);
  const rows = list.map(([reason, n]) => [told(refusal(reason)), count(n), percent(n / all)]);
  const element = card(
    "rejects",
    t("data.rejects"),
    t("data.rejectsText"),
    rows.length
      ? table(t("data.rejects"), [text("data.reason"), number("data.rows"), number("data.share")], rows)
      : h("p", { class: "card-empty" }, t("data.noRejects")),
  );
  element.classList.remove("whole");
  return element;
}

function cleaned(one) {
  const rows = (one.cleaned ?? []).map(({ what, count: n }) => [told(cleaning(what)), count(n)]);
  if (!rows.length) return null;
  const element = card(
    "cleaned",
    t("data.cleaned"),
    t("data.cleanedText"),
    table(t("data.cleaned"), [text("data.check"), number("data.found")], rows),
  );
  element.classList.remove("whole");
  return element;
}

/** The gravest first. */
function byGravity(a, b) {
  return GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity) || (b.share ?? 0) - (a.share ?? 0);
}

function checks(one) {
  const all = (one.checks ?? []).map((check) => ({ ...check, ...checkTexts(check) }));
  const fine = all.filter((check) => !check.count);
  const rows = all
    .filter((check) => check.count > 0)
    .toSorted(byGravity)
    .map((check) => [
      h(
        "div",
        { lang: check.lang },
        h("b", {}, check.title),
        h("div", { class: "quiet" }, check.summary),
        check.examples?.length > 0 &&
          h("div", { class: "quiet examples" }, h("code", {}, check.examples.slice(0, 5).join(", "))),
      ),
      badge(check.severity),
      count(check.count ?? 0),
      typeof check.of === "number" ? count(check.of) : "–",
      typeof check.share === "number" ? percent(check.share) : "–",
    ]);
  return card(
    "checks",
    t("data.checks"),
    t("data.checksText"),
    rows.length
      ? table(
          t("data.checks"),
          [text("data.check"), text("data.severity"), number("data.found"), number("data.of"), number("data.share")],
          rows,
        )
      : !fine.length && h("p", { class: "card-empty" }, t("data.noChecks")),
    fine.length > 0 &&
      h(
        "p",
        { class: "found-nothing" },
        badge("ok"),
        ` ${plural("data.nothing", fine.length, { count: count(fine.length) })} `,
        fine.map(({ title, lang }, i) => [i ? ", " : "", h("span", { lang }, title)]),
        ".",
      ),
  );
}

export class DataPage {
  constructor(onFail) {
    this.onFail = onFail;
    this.element = h("div", { class: "charts data-page", "aria-busy": "true" }, h("div", { class: "skeleton" }));
  }

  retry() {
    this.view.forget(PATH);
    return this.update(this.view, this.status);
  }

  async update(view, status) {
    this.view = view;
    this.status = status;
    this.element.setAttribute("aria-busy", "true");
    try {
      const { data } = await view.get(PATH);
      if (this.view !== view) return;
      this.failed = false;
      // Of a load that runs it is not known yet.
      const last = data.find((one) => one.status !== "running") ?? data[0];
      const parts = [
        status && freshness(status),
        status?.definition_errors?.length > 0 && definitions(status.definition_errors),
        imports(data),
        ...(last ? [rejects(last), cleaned(last), checks(last)] : []),
      ];
      this.element.replaceChildren(...parts.filter(Boolean));
    } catch (problem) {
      if (problem.name === "AbortError" || this.view !== view) return;
      this.failed = true;
      this.onFail(problem);
      const again = h(
        "button",
        { type: "button", class: "button", on: { click: () => this.retry() } },
        t("card.retry"),
      );
      this.element.replaceChildren(
        ...[
          status && freshness(status),
          h(
            "article",
            { class: "card whole" },
            h(
              "div",
              { class: "card-error", role: "alert" },
              icon("warn"),
              h("p", {}, h("b", {}, t("card.failed")), h("span", {}, reasonOf(problem))),
              again,
            ),
          ),
        ].filter(Boolean),
      );
    }
    this.element.setAttribute("aria-busy", "false");
  }
}
