// Elements are made here and nowhere from text: what comes from the data is never taken for HTML.

const SVG = "http://www.w3.org/2000/svg";

function put(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "on") {
    for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
  } else if (name === "style") {
    // Through the object model, which the content security policy allows; a style attribute it would not.
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) put(element, name, value);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** An HTML element with attributes, listeners under `on`, custom properties under `style`, and children. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same of SVG. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

export const $ = (id) => document.getElementById(id);

const SHAPES = {
  overview: "M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z",
  sales: "M3 16l5-6 3 3 6-8M13 5h4v4",
  customers: "M10 9a3 3 0 100-6 3 3 0 000 6zM4 17c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5",
  products: "M3 6.5L10 3l7 3.5v7L10 17l-7-3.5zM3 6.5l7 3.5 7-3.5M10 10v7",
  geography: "M10 18s6-5.2 6-9.6A6 6 0 004 8.400C4 12.800 10 18 10 18zM10 10.500a2 2 0 100-4 2 2 0 000 4z",
  sellers: "M3 8l1.500-5h11L17 8M4 8v9h12V8M3 8h14M8 17v-5h4v5",
  data: "M4 5c0-1.100 2.700-2 6-2s6 .900 6 2-2.700 2-6 2-6-.900-6-2zM4 5v10c0 1.100 2.700 2 6 2s6-.900 6-2V5M4 10c0 1.100 2.700 2 6 2s6-.900 6-2",
  other: "M4 16V9M10 16V4M16 16v-5",
  down: "M5 8l5 5 5-5",
  close: "M5 5l10 10M15 5L5 15",
  more: "M4 10h.01M10 10h.01M16 10h.01",
  expand: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  table: "M3 4h14v12H3zM3 8h14M3 12h14M8 8v8",
  chart: "M3 17h14M5 17v-6M10 17V4M15 17V8",
  download: "M10 3v9M6 9l4 4 4-4M4 17h12",
  picture: "M3 4h14v12H3zM3 14l4-4 3 3 3-4 4 5M7 8h.01",
  code: "M7 6l-4 4 4 4M13 6l4 4-4 4",
  info: "M10 9v5M10 6h.01M10 18a8 8 0 100-16 8 8 0 000 16z",
  warn: "M10 3l8 14H2zM10 8v4M10 14.500h.01",
  sun: "M10 13.500a3.500 3.500 0 100-7 3.500 3.500 0 000 7zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1 1M14.700 14.700l1 1M4.300 15.700l1-1M14.700 5.300l1-1",
  moon: "M16 12.500A7 7 0 017.500 4a6.500 6.500 0 108.500 8.500z",
  auto: "M10 3a7 7 0 100 14zM10 3a7 7 0 110 14",
  filter: "M3 4h14l-5.500 7v5l-3 1.500V11z",
};

/** A line drawing of 20 × 20, for the eye only. */
export function icon(name) {
  const shape = SHAPES[name] ?? SHAPES.other;
  return s("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, s("path", { d: shape }));
}

/** Says something to those who listen rather than look. */
export function say(text) {
  $("said").textContent = text;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only pages of https and of this machine may write to the clipboard.
    return false;
  }
}

/** Has the browser save something under a name. */
export function save(url, name) {
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
