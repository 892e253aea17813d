// The small box beside the pointer, for every kind of chart.

import { h } from "../dom.js";

let box = null;

/** A title and rows of a coloured mark, a name and a value. */
export function tipContent(title, rows) {
  return h(
    "div",
    { class: "tip-content" },
    h("div", { class: "tip-title" }, title),
    h(
      "dl",
      {},
      rows.map(({ colour, name, value, quiet }) => [
        h(
          "dt",
          { class: quiet ? "quiet" : null },
          h("i", { class: "mark", style: colour ? { background: colour } : { visibility: "hidden" } }),
          name,
        ),
        h("dd", { class: quiet ? "quiet" : null }, value),
      ]),
    ),
  );
}

function place(event) {
  const room = 14;
  const { width, height } = box.getBoundingClientRect();
  const left = event.clientX + room + width > innerWidth ? event.clientX - room - width : event.clientX + room;
  const top = Math.min(Math.max(event.clientY - height / 2, 4), innerHeight - height - 4);
  box.style.left = `${Math.max(left, 4)}px`;
  box.style.top = `${top}px`;
}

export function hideTip() {
  box?.remove();
  box = null;
}

/** Shows what content() gives while the pointer is over an element. */
export function tipOn(element, content) {
  element.addEventListener("pointerenter", (event) => {
    hideTip();
    box = h("div", { class: "tip" }, content());
    (element.closest("dialog") ?? document.body).append(box);
    place(event);
  });
  element.addEventListener("pointermove", (event) => box && place(event));
  element.addEventListener("pointerleave", hideTip);
}
