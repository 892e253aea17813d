// The values of a dimension to choose from, found by typing.

import { getJson } from "./api.js";
import { h } from "./dom.js";
import { t, valueName } from "./i18n.js";
import { remember } from "./names.js";
import * as state from "./state.js";

const SHOWN = 50;
const WAIT_MS = 150;

function option(dimension, { value, name }) {
  if (name) remember(dimension, value, name);
  const box = h("input", {
    type: "checkbox",
    on: {
      change: () => {
        const now = state.get().filters[dimension].filter((other) => other !== value);
        state.setFilters({ [dimension]: box.checked ? [...now, value] : now });
      },
    },
  });
  box.checked = state.get().filters[dimension].includes(value);
  return h(
    "label",
    { class: "option" },
    box,
    h("span", {}, valueName(name ?? value, dimension)),
    name && name !== value && h("small", {}, value),
  );
}

/** The chosen first, so that they can be taken back without searching. */
function options(dimension, data, typed) {
  const chosen = typed ? [] : state.get().filters[dimension];
  const rest = data.filter((entry) => !chosen.includes(entry.value));
  const first = chosen.map((value) => data.find((entry) => entry.value === value) ?? { value });
  return [...first, ...rest]
    .filter((entry) => typeof entry.value === "string")
    .map((entry) => option(dimension, entry));
}

export function dimensionMenu(dimension) {
  const title = t(`filter.${dimension}`);
  const list = h("div", { class: "options" });
  const note = h("p", { class: "menu-note", role: "status" });
  const input = h("input", {
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("bar.search"),
    "aria-label": t("bar.searchIn", { name: title }),
    maxlength: 100,
  });
  const reset = h(
    "button",
    {
      type: "button",
      class: "text-button",
      on: {
        click: () => {
          state.setFilters({ [dimension]: [] });
          fill();
        },
      },
    },
    t("bar.reset"),
  );
  let asked = 0;

  async function fill() {
    const number = ++asked;
    const typed = input.value;
    const query = new URLSearchParams({ ...(typed && { q: typed }), limit: SHOWN });
    try {
      const answer = await getJson(`v1/dimensions/${dimension}?${query}`);
      if (number !== asked) return;
      list.replaceChildren(...options(dimension, answer.data, typed));
      note.textContent =
        answer.data.length === 0 ? t(typed ? "bar.none" : "bar.noValues") : answer.next_offset ? t("bar.more") : "";
    } catch (problem) {
      if (number === asked) note.textContent = problem.message || t("card.away");
    }
  }

  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(fill, WAIT_MS);
  });
  fill();
  return h("div", { class: "menu" }, input, list, note, reset);
}
