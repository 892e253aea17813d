// A button that opens a box below itself. Escape, a click elsewhere and leaving it by keyboard close it.

import { h, icon } from "./dom.js";

let open = null;

export function closePopover({ focus = false } = {}) {
  const was = open;
  open = null;
  if (!was) return;
  was.panel.remove();
  was.button.setAttribute("aria-expanded", "false");
  if (focus) was.button.focus();
}

/** button: given by the caller. build: the content, made anew whenever it opens. Gives both in a wrapper. */
export function popover(button, build, { label, side = "start" } = {}) {
  const wrapper = h("div", { class: "popover" }, button);
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const same = open?.button === button;
    closePopover();
    if (same) return;
    const panel = h("div", { class: `panel ${side}`, role: "group", "aria-label": label });
    wrapper.append(panel);
    open = { button, panel, wrapper };
    button.setAttribute("aria-expanded", "true");
    panel.append(build());
    keepInside(panel);
    panel.querySelector("input:checked, input, button, a")?.focus({ preventScroll: true });
  });
  return wrapper;
}

/** A panel that would leave the page at its right is moved back into it. */
function keepInside(panel) {
  const { left, right } = panel.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  if (right > width - 8) panel.style.translate = `${Math.max(width - 8 - right, 8 - left)}px 0`;
  else if (left < 8) panel.style.translate = `${8 - left}px 0`;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open) {
    event.preventDefault();
    closePopover({ focus: true });
  }
});
addEventListener("pointerdown", (event) => {
  if (open && !open.wrapper.contains(event.target)) closePopover();
});
addEventListener("focusin", (event) => {
  if (open && !open.wrapper.contains(event.target)) closePopover();
});

/** A button as those of the bar: a small name, and what is chosen. */
export function menuButton(name, value, { active = false } = {}) {
  return h(
    "button",
    { type: "button", class: `menu-button${active ? " active" : ""}`, "aria-haspopup": "true" },
    h("span", { class: "menu-name" }, name),
    " ",
    h("span", { class: "menu-value" }, value),
    icon("down"),
  );
}
