// A card: a KPI with its state. It loads, is drawn, is empty, old, or has failed, without regard to the others.

import { requestOf } from "./api.js";
import { actions } from "./actions.js";
import { h, icon } from "./dom.js";
import { kindOf } from "./charts/index.js";
import { tableOf } from "./charts/table.js";
import { kpiSummary, kpiTitle, note, t } from "./i18n.js";
import { missingBefore } from "./before.js";
import { whyEmpty } from "./empty.js";
import { isEmpty, limitOf, modelOf, partOf, sortOf } from "./model.js";
import { popover } from "./popover.js";
import { areOfSame, chosen } from "./state.js";

/** What went wrong, in words. */
export const reasonOf = (problem) => (problem.status === 0 ? t("card.away") : problem.message || t("card.failed"));

let cards = 0;

/** As wide as its definition says; else as its kind needs. */
function sizeOf(kpi) {
  const { type, y, size } = kpi.chart;
  if (type === "number") return y.length > 3 ? "many" : y.length > 1 ? "two" : "";
  return size ?? (["line", "heatmap", "map", "table"].includes(type) ? "wide" : "");
}

export class Card {
  /** large: as it fills the screen. onFull: opens it so. onFail: is told what went wrong. onOld: is told of an old answer.
   *  onUnknown: asks for the state of the data. */
  constructor(kpi, kpis, { large = false, onFull, onFail, onOld, onUnknown } = {}) {
    this.kpi = kpi;
    this.kpis = kpis;
    this.large = large;
    this.onFull = onFull;
    this.onFail = onFail;
    this.onOld = onOld;
    this.onUnknown = onUnknown;
    this.asTable = false;
    this.drawing = 0;
    this.sorting = { order: null }; // of its table, which new data leave as it is
    this.id = `card-${++cards}`;
    this.build();
  }

  build() {
    const { kpi } = this;
    const summary = kpiSummary(kpi);
    const waiting = h("span", { class: "unseen" }, t("card.loading", { title: kpiTitle(kpi) }));
    this.body = h("div", { class: "card-body" }, h("div", { class: "skeleton" }, waiting));
    this.status = h("div", { class: "card-status", role: "status" });
    this.notes = h("div", { class: "card-notes" });
    this.heading = h(this.large ? "h3" : "h2", { id: this.id, tabindex: "-1" }, kpiTitle(kpi));
    const more = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": t("card.menu", { title: kpiTitle(kpi) }),
        title: t("card.menu", { title: kpiTitle(kpi) }),
      },
      icon("more"),
    );
    this.more = h("span", { class: "card-more" });
    this.element = h(
      "article",
      {
        class: `card kind-${kpi.chart.type} ${sizeOf(kpi)}${this.large ? " large" : ""}`,
        "aria-labelledby": this.id,
        "aria-busy": "true",
        data: { kpi: kpi.name, state: "loading" },
      },
      h(
        "header",
        { class: "card-head" },
        this.heading,
        this.more,
        h(
          "div",
          { class: "card-tools" },
          !this.large && kpi.chart.type !== "number" && this.fullButton(),
          popover(more, () => actions(this), { side: "end", label: t("card.menu", { title: kpiTitle(kpi) }) }),
        ),
      ),
      h("p", { class: "card-summary", lang: summary.lang }, summary.text),
      this.status,
      this.body,
      this.notes,
    );
  }

  fullButton() {
    return h(
      "button",
      {
        type: "button",
        class: "icon-button expand",
        "aria-label": `${t("card.full")}: ${kpiTitle(this.kpi)}`,
        title: t("card.full"),
        on: { click: () => this.onFull?.(this.kpi) },
      },
      icon("expand"),
    );
  }

  setState(name) {
    this.element.dataset.state = name;
    this.element.setAttribute("aria-busy", String(name === "loading" || name === "again"));
  }

  /** Fetches for a view and draws. What is shown stays until there is something newer. */
  async update(view) {
    this.view = view;
    if (view.unknown) {
      this.path = null;
      this.fail(view.unknown);
      return;
    }
    const part = { limit: limitOf(this.kpi, this.large), sort: sortOf(this.kpi) };
    const { path, refused } = requestOf(this.kpi, view.state, view.status, part);
    this.path = path;
    this.setState(this.answer ? "again" : "loading");
    try {
      const answer = await view.get(path);
      const before = await missingBefore(this.kpi, answer, view);
      if (this.view !== view) return;
      this.answer = answer;
      this.answered = view.state;
      this.old = answer.stale === true;
      this.alsoBefore = before;
      this.refused = refused;
      this.failed = false;
      await this.draw();
      if (this.old) this.onOld?.();
    } catch (problem) {
      if (problem.name !== "AbortError" && this.view === view) this.fail(problem);
    }
  }

  retry() {
    if (this.view.unknown) return this.onUnknown?.();
    this.view.forget(this.path);
    return this.update(this.view);
  }

  async draw() {
    const { kpi, answer } = this;
    const drawing = ++this.drawing;
    this.showStatus();
    this.model = { ...modelOf(kpi, answer, this.view, this.kpis, this.alsoBefore), sorting: this.sorting };
    const held = this.body.contains(document.activeElement) ? document.activeElement : null;
    this.drop();
    if (isEmpty(kpi, answer)) {
      const reason = whyEmpty(kpi, answer, this.view.state);
      const plain = chosen(this.view.state).length ? "card.empty" : "card.emptyRange";
      const why = reason ? note(reason) : { text: t(plain), lang: null };
      this.body.replaceChildren(h("p", { class: "card-empty", lang: why.lang }, why.text));
      if (held) this.heading.focus({ preventScroll: true });
      this.shows = false;
      this.setState("empty");
      return;
    }
    const target = h("div", { class: "chart" });
    this.body.replaceChildren(target);
    if (this.asTable) {
      target.replaceChildren(tableOf(this.model, { all: true }));
    } else {
      const drawn = await kindOf(kpi).draw(target, this.model);
      // Another answer may have come while the library was loading.
      if (drawing !== this.drawing) return drawn.dispose();
      this.drawn = drawn;
    }
    if (held && document.activeElement === document.body) this.focusAgain(held);
    this.shows = true;
    this.setState(answer.stale ? "stale" : "ready");
  }

  /** Whoever works by keyboard is where he was: at the row or the head of that name, or where it is no more, at the card. */
  focusAgain(held) {
    const same = [...this.body.querySelectorAll("button, [tabindex]")].find(
      (other) =>
        other.className === held.className && (other.tagName !== "BUTTON" || other.textContent === held.textContent),
    );
    (same ?? this.heading).focus({ preventScroll: true });
  }

  drop() {
    this.drawn?.dispose();
    this.drawn = null;
  }

  /** What has to be known of the numbers: that they are old, or not filtered as asked. */
  showStatus() {
    const { answer, refused } = this;
    const lines = [];
    if (answer.stale) lines.push(t(this.view.away ? "card.staleAway" : "card.stale"));
    if (refused.length)
      lines.push(t("card.unfiltered", { names: refused.map((name) => t(`filter.${name}`)).join(", ") }));
    this.status.replaceChildren(...lines.map((line) => h("p", { class: "warning" }, icon("warn"), line)));
    const said = isEmpty(this.kpi, answer) ? whyEmpty(this.kpi, answer, this.view.state) : null;
    const notes = (answer.notes ?? []).filter((one) => one !== said).map(note);
    const texts = notes.map(({ text, lang }, i) => h("span", { lang }, i ? " " : "", text));
    this.notes.replaceChildren(
      ...(notes.length ? [h("details", {}, h("summary", {}, icon("info"), h("span", {}, texts)))] : []),
    );
    this.more.textContent = partOf(this.kpi, answer);
  }

  /** Says what failed. Numbers that are there stay, marked as those of before; those of other days or filters do not. */
  fail(problem) {
    const again = h("button", { type: "button", class: "button", on: { click: () => this.retry() } }, t("card.retry"));
    const reason = this.view.away && problem.status === 503 ? t("card.noDatabase") : reasonOf(problem);
    this.failed = true;
    this.problem = problem;
    this.onFail?.(problem);
    if (this.shows && areOfSame(this.answered, this.view.state)) {
      this.status.replaceChildren(
        h("p", { class: "warning" }, icon("warn"), h("span", {}, t("card.kept", { reason })), again),
      );
      this.setState("stale");
      return;
    }
    this.drop();
    this.answer = null;
    this.shows = false;
    this.status.replaceChildren();
    this.notes.replaceChildren();
    this.more.textContent = "";
    this.body.replaceChildren(
      h(
        "div",
        { class: "card-error", role: "alert" },
        icon("warn"),
        h("p", {}, h("b", {}, t("card.failed")), h("span", {}, reason === t("card.failed") ? "" : reason)),
        again,
      ),
    );
    this.setState("error");
  }

  /** Draws the answer that is there once more, and says again what was wrong with it. */
  async again() {
    try {
      await this.draw();
      if (this.failed) this.fail(this.problem);
    } catch (problem) {
      this.fail(problem);
    }
  }

  showTable(asTable) {
    this.asTable = asTable;
    if (this.answer) this.again();
  }

  /** The colours have changed. */
  redraw() {
    if (this.drawn) this.again();
  }

  dispose() {
    this.view = null;
    this.drawing++;
    this.drop();
  }
}
