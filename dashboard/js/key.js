// The API key, where the server asks for one: kept for this tab only, sent in a header, and never part of an address.

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

// start.js and the Swagger page know this name too.
const NAME = "kpi-key";

let key = null;
try {
  key = sessionStorage.getItem(NAME);
} catch {
  // The browser keeps nothing: the key lasts as long as the page.
}

export const hasKey = () => key !== null;

/** The key, to be compared with what is in use later. */
export const usedKey = () => key;

/** Headers of a request, with the key where there is one. */
export const withKey = (headers) => (key === null ? headers : { ...headers, Authorization: `Bearer ${key}` });

function keep(text) {
  key = text;
  try {
    sessionStorage.setItem(NAME, text);
  } catch {
    // As above.
  }
}

// What a header can carry; anything else would make the browser refuse the request.
const PLAUSIBLE = /^[\x21-\x7e]+$/;

function form(refused, submit) {
  const field = h("input", {
    type: "password",
    id: "key",
    name: "key",
    autocomplete: "off",
    spellcheck: "false",
    autofocus: true,
    "aria-describedby": "key-note",
    "aria-invalid": refused ? "true" : null,
  });
  const send = (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (PLAUSIBLE.test(text)) submit(text);
    else field.focus();
  };
  return h(
    "form",
    { class: "key-form", on: { submit: send } },
    h("label", { for: "key" }, t("key.label")),
    field,
    h("button", { type: "submit", class: "button" }, t("key.use")),
    h("p", { id: "key-note", class: "menu-note", role: refused ? "alert" : null }, t(refused ? "key.refused" : "key.note")),
  );
}

let asking = null;

/** Asks the reader for a key, once for all requests that were refused meanwhile. Gives whether there is another than `used`. */
export function anotherKey(used) {
  if (key !== used) return Promise.resolve(true);
  asking ??= new Promise((settle) => {
    let given = null;
    const dialog = openDialog(
      t("key.title"),
      form(used !== null, (text) => {
        given = text;
        dialog.close();
      }),
      {
        onClose: () => {
          asking = null;
          if (given !== null) keep(given);
          settle(given !== null);
        },
      },
    );
  });
  return asking;
}
