// The bar above the charts: range, comparison, steps, menus of dimensions, and a chip for each filter that is set.

import { $, h, icon } from "./dom.js";
import { days as rangeText } from "./format.js";
import { plural, t, valueName } from "./i18n.js";
import { dimensionMenu } from "./menu.js";
import { nameOfValue } from "./names.js";
import { closePopover, menuButton, popover } from "./popover.js";
import { canCompare, daysOf, isDate, PRESETS } from "./range.js";
import * as state from "./state.js";

const MENUS = ["region", "segment", "category", "seller"];

function choosePeriod(name) {
  state.set({ period: name, from: "", to: "", granularity: "" });
  closePopover({ focus: true });
}

function periodMenu(now, status) {
  const days = daysOf(now, status);
  const limits = { min: status?.first_day, max: status?.last_day };
  const from = h("input", { type: "date", id: "from", value: days?.from, ...limits });
  const to = h("input", { type: "date", id: "to", value: days?.to, ...limits });
  const apply = () => {
    const days = [from.value, to.value].map((text) => (isDate(text) ? text : ""));
    const [first, last] = days.every(Boolean) ? days.sort() : days;
    if (!first && !last) return;
    state.set({ period: "", from: first, to: last, granularity: "" });
    closePopover({ focus: true });
  };
  return h(
    "div",
    { class: "menu periods" },
    h(
      "fieldset",
      {},
      h("legend", { class: "unseen" }, t("bar.period")),
      PRESETS.map((name) =>
        h(
          "button",
          {
            type: "button",
            class: "option-button",
            "aria-pressed": String(now.period === name),
            on: { click: () => choosePeriod(name) },
          },
          t(`period.${name}`),
        ),
      ),
    ),
    h(
      "fieldset",
      { class: "dates" },
      h("legend", {}, t("period.custom")),
      h("label", {}, t("bar.from"), from),
      h("label", {}, t("bar.to"), to),
      h("button", { type: "button", class: "button", on: { click: apply } }, t("bar.apply")),
    ),
  );
}

function periodControl(now, status) {
  const days = daysOf(now, status);
  const name = now.period ? t(`period.${now.period}`) : t("period.custom");
  const button = menuButton(t("bar.period"), now.period || !days ? name : rangeText(days.from, days.to));
  button.id = "period";
  button.firstElementChild.className = "unseen";
  return popover(button, () => periodMenu(state.get(), status), { label: t("bar.period") });
}

function select(id, name, values, value, onChange) {
  const field = h(
    "select",
    { id, on: { change: () => onChange(field.value) } },
    values.map(([key, text]) => h("option", { value: key }, text)),
  );
  field.value = value;
  return h("label", { class: "menu-button select" }, h("span", { class: "menu-name" }, name), field, icon("down"));
}

function chosenText(name, values) {
  if (!values.length) return "";
  const first = valueName(values[0], name);
  return values.length === 1 ? first : t("bar.several", { first, more: values.length - 1 });
}

function dimensionControl(name, now) {
  const values = now.filters[name];
  const button = menuButton(t(`filter.${name}`), chosenText(name, values), { active: values.length > 0 });
  button.id = `filter-${name}`;
  const shown = button.querySelector(".menu-value");
  if (values.length === 1)
    nameOfValue(name, values[0]).then(
      (text) => (shown.textContent = valueName(text, name)),
      () => {},
    );
  return popover(button, () => dimensionMenu(name), { label: t(`filter.${name}`) });
}

function chip(name, value) {
  const remove = () => state.setFilters({ [name]: state.get().filters[name].filter((other) => other !== value) });
  const shown = h("b", {}, valueName(value, name));
  const button = h(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-label": t("bar.remove", { name: t(`filter.${name}`), value: valueName(value, name) }),
      on: { click: remove },
    },
    h("span", {}, `${t(`filter.${name}`)} `, shown),
    icon("close"),
  );
  nameOfValue(name, value).then(
    (text) => {
      shown.textContent = valueName(text, name);
      button.setAttribute("aria-label", t("bar.remove", { name: t(`filter.${name}`), value: shown.textContent }));
    },
    () => {},
  );
  return button;
}

/** The days that a click went into. One click leaves them. */
function daysChip(now, status) {
  const days = daysOf(now, status);
  const shown = days ? rangeText(days.from, days.to) : [now.from, now.to].filter(Boolean).join(" – ");
  return h(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-label": t("bar.remove", { name: t("filter.period"), value: shown }),
      on: { click: state.leaveDays },
    },
    h("span", {}, `${t("filter.period")} `, h("b", {}, shown)),
    icon("close"),
  );
}

/** Who removes a chip by keyboard goes on with the next one, or where there is none, with the filters. */
function drawChips(now, status) {
  const place = [...$("chips").children].indexOf(document.activeElement);
  const chosen = state.chosen(now);
  const count = chosen.length + (now.within ? 1 : 0);
  const clear = { type: "button", id: "clear", class: "text-button", on: { click: state.clearFilters } };
  $("chips").replaceChildren(
    ...(now.within ? [daysChip(now, status)] : []),
    ...chosen.map(([name, value]) => chip(name, value)),
    ...(count ? [h("button", clear, t("bar.clear"))] : []),
  );
  if (place >= 0) ($("chips").children[place] ?? $("chips").lastElementChild ?? $("bar-area")).focus();
  const open = $("open-filters");
  open.querySelector(".menu-value").textContent = count ? plural("bar.count", count) : t("bar.all");
  open.classList.toggle("active", count > 0);
}

function controlsOf(now, status) {
  const comparisons = state.COMPARISONS.map((key) => [key, t(`compare.${key}`)]);
  const steps = state.GRANULARITIES.map((key) => [key, t(`granularity.${key}`)]);
  const compared = canCompare(now) ? now.compare : "off";
  return [
    periodControl(now, status),
    select("compare", t("bar.compare"), comparisons, compared, (value) => state.set({ compare: value })),
    select("granularity", t("bar.granularity"), [["", t("granularity.auto")], ...steps], now.granularity, (value) =>
      state.set({ granularity: value }),
    ),
    ...MENUS.map((name) => dimensionControl(name, now)),
  ];
}

/** Replaces all but the control whose menu is open. That stays where it is, since moving it would take the focus away. */
function drawAround(button, bar, controls, now) {
  const stays = button.closest(".popover");
  const at = controls.findIndex((control) => control.querySelector(`#${button.id}`));
  const drawn = controls[at].querySelector(`#${button.id}`);
  // The value that the new one shows, or will once it knows a name.
  button.querySelector(".menu-value").replaceWith(drawn.querySelector(".menu-value"));
  button.classList.toggle("active", drawn.classList.contains("active"));
  for (const other of [...bar.children]) if (other !== stays) other.remove();
  stays.before(...controls.slice(0, at));
  stays.after(...controls.slice(at + 1));
}

/** The bar for a state. While a menu of it is open it stays open, so that choosing and typing can go on. */
export function drawBar(now, status) {
  drawChips(now, status);
  const bar = $("controls");
  const opened = bar.querySelector('button[id][aria-expanded="true"]');
  const controls = controlsOf(now, status);
  if (opened) {
    drawAround(opened, bar, controls, now);
    return;
  }
  const focused = document.activeElement?.id;
  bar.replaceChildren(...controls);
  if (focused && bar.querySelector(`#${focused}`)) $(focused).focus();
}

export function drawBarShell() {
  const open = menuButton(t("bar.open"), t("bar.all"));
  open.id = "open-filters";
  open.removeAttribute("aria-haspopup");
  open.setAttribute("aria-expanded", "false");
  open.setAttribute("aria-controls", "controls");
  open.prepend(icon("filter"));
  open.addEventListener("click", () => {
    const shown = $("bar").classList.toggle("open");
    open.setAttribute("aria-expanded", String(shown));
  });
  $("bar-area").setAttribute("aria-label", t("bar.label"));
  $("bar").replaceChildren(open, h("div", { id: "controls", class: "controls" }));
  $("chips").setAttribute("aria-label", t("bar.active"));
}
