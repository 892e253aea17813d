// Boxes above the page: the browser keeps the focus in them and closes them on Escape.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

let dialogs = 0;

/** Opens one with a title and content; gives the element. */
export function openDialog(title, content, { wide = false, onClose } = {}) {
  const id = `dialog-${++dialogs}`;
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("card.close"), on: { click: () => dialog.close() } },
    icon("close"),
  );
  const dialog = h(
    "dialog",
    { class: wide ? "wide" : "", "aria-labelledby": id },
    h("header", { class: "dialog-head" }, h("h2", { id, class: wide ? "unseen" : null }, title), close),
    h("div", { class: "dialog-body" }, content),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
