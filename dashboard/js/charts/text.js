// How much room texts take that are drawn and not laid out.

import { theme } from "./theme.js";

let pen = null;

/** The width of a text in the page's font; size in pixels. */
export function textWidth(text, size, weight = 400) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${weight} ${size}px ${theme().font}`;
  return pen.measureText(text).width;
}

export const widest = (texts, size) => Math.max(0, ...texts.map((text) => textWidth(text, size)));

/** What is drawn lies in one line. */
export const oneLine = (text) => text.replace(/\s+/g, " ");

/** A text that fits a width, with its end left out where it has to be. */
export function cut(text, width, size) {
  if (textWidth(text, size) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
