// The colours and fonts of the style sheet, for what is drawn and not styled.

const scheme = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let tokens = null;

export function theme() {
  if (tokens) return tokens;
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  tokens = {
    ink: token("--ink"),
    quiet: token("--quiet"),
    line: token("--line"),
    surface: token("--surface"),
    accent: token("--accent"),
    series: Array.from({ length: 8 }, (_, i) => token(`--series-${i + 1}`)),
    faint: token("--faint"),
    heatTurn: Number(token("--heat-turn")), // the part from which texts on cells are of the other colour
    font: getComputedStyle(document.body).fontFamily,
    // Drawn text grows with the page's, which is larger on a wall.
    px: (size) => (size * parseFloat(style.fontSize)) / 15,
  };
  return tokens;
}

export function onTheme(listener) {
  listeners.add(listener);
}

/** What is drawn next is drawn in the colours of now. */
export function forgetColours() {
  tokens = null;
}

export function themeChanged() {
  globalThis.showScheme();
  forgetColours();
  for (const listener of listeners) listener();
}

scheme.addEventListener("change", themeChanged);
