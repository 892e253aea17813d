// Rows as a table: the chart of kind table, and the numbers behind every other chart.

import { h, icon } from "../dom.js";
import { columnOf, full, label } from "../format.js";
import { language, t } from "../i18n.js";
import { isChosen, targetOf } from "../pick.js";
import { textPicture } from "./picture.js";

const isNumber = (column) =>
  ["money", "count", "ratio", "number"].includes(column.type) &&
  !["weekday", "month_of_year", "hour"].includes(column.name);

/** Ids that have a name beside them say little. */
function columnsFor(kpi, all) {
  if (all) return kpi.columns;
  const names = kpi.columns.filter((column) => column.type === "string" && (!column.key || !hasName(kpi, column)));
  const shown = kpi.chart.y.map((name) => columnOf(kpi, name));
  return [...names.filter((column) => !shown.includes(column)), ...shown];
}

const hasName = (kpi, column) =>
  kpi.columns.some((other) => other.name === nameOf(column) && other !== column);

const nameOf = (id) => id.name.replace(/^product|^seller|^customer/, "name");

/** What has no name has an id, mostly: product_b is that of name_b, and the first cell says what the row is called. */
function textOf(kpi, row, column, context, first) {
  const ids = kpi.columns.filter((other) => other.key && other.type === "string" && row[other.name]);
  const id = ids.find((other) => nameOf(other) === column.name) ?? (first ? ids[0] : null);
  return full(row[column.name] ?? (id ? row[id.name] : null), column, context);
}

/** What a click on the row filters by, as a button in its first cell, for keyboards too. */
function firstCell(text, target, onPick) {
  if (!target) return h("th", { scope: "row" }, text);
  const chosen = isChosen(target);
  const button = h(
    "button",
    {
      type: "button",
      class: "pick",
      "aria-pressed": String(chosen),
      title: t(chosen ? "unfilter.by" : "filter.by", { value: text }),
      on: { click: () => onPick(target) },
    },
    text,
  );
  return h("th", { scope: "row" }, button);
}

function sorted(rows, column, down) {
  return rows.toSorted((a, b) => {
    const [left, right] = [a[column.name], b[column.name]];
    if (left === right) return 0;
    if (left === null || left === undefined) return 1;
    if (right === null || right === undefined) return -1;
    return (left < right ? -1 : 1) * (down ? -1 : 1);
  });
}

export function tableOf(model, { all = false } = {}) {
  const { kpi, context, onPick, title } = model;
  const columns = columnsFor(kpi, all);
  const bar = !all && columns.find(isNumber);
  const most = bar ? Math.max(0, ...model.rows.map((row) => row[bar.name] ?? 0)) : 0;
  const body = h("tbody");
  // A card keeps it for the tables after this one.
  const sorting = model.sorting ?? { order: null };

  function fill() {
    const { order } = sorting;
    const by = order && columns.find((column) => column.name === order.name);
    const rows = by ? sorted(model.rows, by, order.down) : model.rows;
    for (const [i, head] of heads.entries())
      head.setAttribute("aria-sort", columns[i] !== by ? "none" : order.down ? "descending" : "ascending");
    body.replaceChildren(
      ...rows.map((row) =>
        h(
          "tr",
          {},
          columns.map((column, i) => {
            const own = all && i > 0;
            const text = own ? full(row[column.name], column, context) : textOf(kpi, row, column, context, i === 0);
            if (i === 0) return firstCell(text, onPick && targetOf(kpi, row, context), onPick);
            const part = column === bar && most > 0 ? Math.max(row[column.name] ?? 0, 0) / most : null;
            return h(
              "td",
              {
                class: `${isNumber(column) ? "number" : "text"}${part === null ? "" : " measured"}`,
                style: part === null ? null : { "--part": `${(part * 100).toFixed(1)}%` },
              },
              text,
            );
          }),
        ),
      ),
    );
  }

  const heads = columns.map((column) => {
    const head = h("th", { scope: "col", class: isNumber(column) ? "number" : "text", "aria-sort": "none" });
    const press = () => {
      const { order } = sorting;
      sorting.order = { name: column.name, down: order?.name === column.name ? !order.down : isNumber(column) };
      fill();
    };
    head.append(
      h(
        "button",
        { type: "button", title: column.text, lang: language === "en" ? null : "en", on: { click: press } },
        isNumber(column) && icon("down"),
        h("span", { lang: language === "en" ? null : language }, label(column)),
        !isNumber(column) && icon("down"),
      ),
    );
    return head;
  });
  fill();
  return h(
    "div",
    { class: "table-scroll", tabindex: "0", role: "region", "aria-label": title },
    h("table", {}, h("caption", { class: "unseen" }, title), h("thead", {}, h("tr", {}, heads)), body),
  );
}

export function draw(target, model) {
  target.replaceChildren(tableOf(model));
  const columns = columnsFor(model.kpi, false);
  return {
    picture: () =>
      textPicture(
        [
          columns.map(label),
          ...model.rows
            .slice(0, 40)
            .map((row) => columns.map((column, i) => textOf(model.kpi, row, column, model.context, i === 0))),
        ],
        { numbers: columns.map(isNumber) },
      ),
    dispose() {},
  };
}
