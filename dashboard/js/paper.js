// Printing. The page is laid out as wide as a sheet before the browser takes it, since charts are drawn for the room that they have and
// cannot be drawn anew while it prints.

import { repaint } from "./charts/painted.js";
import { forgetColours } from "./charts/theme.js";

const root = document.documentElement;
const sheet = document.querySelector('link[media="print"]');
const paper = matchMedia("print");

function layOut(onPaper) {
  root.toggleAttribute("data-paper", onPaper);
  sheet.media = onPaper ? "all" : "print";
  forgetColours();
  repaint();
}

addEventListener("beforeprint", () => layOut(true));
addEventListener("afterprint", () => layOut(false));
// A preview of the browser's tools says nothing before.
paper.addEventListener("change", () => {
  if (!root.hasAttribute("data-paper")) layOut(false);
});
