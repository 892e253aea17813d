// What can be done with a card: full screen, its numbers, files, and the request behind it.

import { absolute, getFile, requestOf, swaggerOf } from "./api.js";
import { openDialog } from "./dialog.js";
import { copy, h, icon, save, say } from "./dom.js";
import { days, label } from "./format.js";
import { kpiTitle, language, t, valueName } from "./i18n.js";
import { hasKey } from "./key.js";
import { savePicture } from "./charts/picture.js";
import { closePopover } from "./popover.js";
import { daysOf } from "./range.js";
import * as state from "./state.js";

/** Range and filters in a line. */
export function describe(now, status) {
  const range = daysOf(now, status);
  const filters = state.chosen(now).map(([name, value]) => `${t(`filter.${name}`)}: ${valueName(value, name)}`);
  return [range && days(range.from, range.to), ...filters].filter(Boolean).join(" · ");
}

/** A link sends no key: then the page fetches the file itself. */
async function saveFile(path, name) {
  if (!hasKey()) {
    save(path, name);
    return;
  }
  try {
    const url = URL.createObjectURL(await getFile(path));
    save(url, name);
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch {
    say(t("card.failed"));
  }
}

function downloadCsv(card) {
  const { path } = requestOf(card.kpi, card.view.state, card.view.status, { compare: false, format: "csv" });
  return saveFile(path, `${card.kpi.name}.csv`);
}

function downloadPng(card) {
  const { state: now, status } = card.view;
  return savePicture(card.drawn.picture(), {
    title: kpiTitle(card.kpi),
    text: describe(now, status),
    name: `${card.kpi.name}.png`,
  });
}

function copyLine(name, text) {
  const field = h("code", { tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-label": name }, text);
  const button = h(
    "button",
    {
      type: "button",
      class: "button",
      on: {
        click: async () => {
          const done = await copy(text);
          if (!done) getSelection().selectAllChildren(field);
          button.textContent = t(done ? "api.copied" : "api.failed");
          say(button.textContent);
          setTimeout(() => (button.textContent = t("api.copy")), 1500);
        },
      },
    },
    t("api.copy"),
  );
  return h("div", { class: "copy-line" }, h("span", {}, name), field, button);
}

function apiDialog(card) {
  const { kpi } = card;
  const url = absolute(card.path);
  // Not the key itself: what is copied is pasted where others read it.
  const header = hasKey() ? '-H "Authorization: Bearer $KPI_KEY" ' : "";
  const english = { lang: language === "en" ? null : "en" };
  openDialog(t("api.title", { title: kpiTitle(kpi) }), [
    copyLine(t("api.url"), url),
    copyLine(t("api.curl"), `curl ${header}'${url.replaceAll("'", "%27")}'`),
    h(
      "p",
      { class: "links" },
      h("a", { href: swaggerOf(kpi) }, t("api.swagger")),
      !hasKey() && h("a", { href: card.path, target: "_blank", rel: "noopener" }, t("api.open")),
    ),
    h("h3", {}, t("api.formula")),
    h("p", english, kpi.formula),
    h("h3", {}, t("api.columns")),
    h(
      "dl",
      { class: "columns" },
      kpi.columns.map((column) => [
        h("dt", {}, h("code", {}, column.name), h("small", {}, label(column))),
        h("dd", english, column.unit ? `${column.text} (${column.unit})` : column.text),
      ]),
    ),
  ]);
}

/** The list of a card's menu. */
export function actions(card) {
  const drawn = Boolean(card.drawn) && !card.asTable;
  const entry = (name, text, act, disabled = false) =>
    h(
      "button",
      {
        type: "button",
        class: "option-button",
        disabled,
        data: { action: name },
        on: {
          click: () => {
            closePopover({ focus: true });
            act();
          },
        },
      },
      icon(
        { full: "expand", table: card.asTable ? "chart" : "table", csv: "download", png: "picture", api: "code" }[name],
      ),
      text,
    );
  return h("div", { class: "menu actions" }, [
    !card.large && entry("full", t("card.full"), () => card.onFull(card.kpi)),
    entry("table", t(card.asTable ? "card.chart" : "card.table"), () => card.showTable(!card.asTable), !card.answer),
    entry("csv", t("card.csv"), () => downloadCsv(card), !card.answer),
    entry("png", t("card.png"), () => downloadPng(card), !drawn),
    entry("api", t("card.api"), () => apiDialog(card), !card.path),
  ]);
}
