// Charts as PNG files: the drawing with its title above, on the page's ground.

import { save } from "../dom.js";
import { theme } from "./theme.js";
import { loadImage } from "./plot.js";

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "paint-order",
  "stroke-linejoin",
  "display",
];

/** An SVG with its styles written into its elements, since an image knows no style sheet. */
export function svgPicture(svg) {
  const clone = svg.cloneNode(true);
  const [from, to] = [svg, clone].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of STYLES) to[i].setAttribute(name, style.getPropertyValue(name));
  });
  clone.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const text = new XMLSerializer().serializeToString(clone);
  const { width, height } = svg.viewBox.baseVal;
  return { image: loadImage(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`), width, height };
}

/** Lines of cells; `large` is the line that is a headline, `numbers` says which columns end where their heads do. */
export function textPicture(lines, { large = -1, numbers = [] } = {}) {
  const { font, ink, quiet, line } = theme();
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const fontOf = (i) => (i === large ? `600 26px ${font}` : i === 0 ? `600 12px ${font}` : `12px ${font}`);
  const widths = lines[0].map(
    (_, column) =>
      Math.max(
        ...lines.map((cells, i) => {
          pen.font = fontOf(i);
          return pen.measureText(cells[column] ?? "").width;
        }),
      ) + 28,
  );
  const heights = lines.map((_, i) => (i === large ? 40 : 24));
  const width = Math.ceil(widths.reduce((a, b) => a + b, 0));
  const height = heights.reduce((a, b) => a + b, 0);
  canvas.width = width * 2;
  canvas.height = height * 2;
  pen.scale(2, 2);
  pen.textBaseline = "middle";
  let top = 0;
  lines.forEach((cells, i) => {
    let left = 0;
    cells.forEach((cell, column) => {
      pen.font = fontOf(i);
      pen.fillStyle = i === 0 ? quiet : ink;
      pen.textAlign = numbers[column] ? "right" : "left";
      pen.fillText(cell, numbers[column] ? left + widths[column] - 28 : left, top + heights[i] / 2);
      left += widths[column];
    });
    top += heights[i];
    pen.fillStyle = line;
    if (large < 0) pen.fillRect(0, top - 1, width, 1);
  });
  return { image: Promise.resolve(canvas), width, height };
}

/** Saves a picture under a name, with a title and a line below it. */
export async function savePicture({ image, width, height }, { title, text, name }) {
  const { font, ink, quiet, surface } = theme();
  const source = await image;
  const [margin, head, scale] = [24, 52, 2];
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  pen.font = `600 17px ${font}`;
  const wide = Math.max(width, pen.measureText(title).width);
  pen.font = `12px ${font}`;
  canvas.width = (Math.max(wide, pen.measureText(text).width) + 2 * margin) * scale;
  canvas.height = (height + head + 2 * margin) * scale;
  pen.scale(scale, scale);
  pen.fillStyle = surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = ink;
  pen.font = `600 17px ${font}`;
  pen.fillText(title, margin, margin + 15);
  pen.fillStyle = quiet;
  pen.font = `12px ${font}`;
  pen.fillText(text, margin, margin + 35);
  pen.drawImage(source, margin, margin + head, width, height);
  save(canvas.toDataURL("image/png"), name);
}
