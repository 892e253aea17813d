// Charts that are in view. They are drawn for the room that they have, so they are painted anew when that or the paper below them
// is another.

const charts = new Set();

/** Paints, and paints again whenever size() of the target says something else. Gives the function that ends this. */
export function keepPainted(target, paint, size) {
  let last = null;
  const chart = {
    paint() {
      paint();
      last = size(); // painting may change it
    },
  };
  chart.paint();
  const observer = new ResizeObserver(() => {
    if (target.clientWidth && size() !== last) chart.paint();
  });
  observer.observe(target);
  charts.add(chart);
  return () => {
    observer.disconnect();
    charts.delete(chart);
  };
}

/** Paints all anew, at once: a browser that prints waits for nothing. */
export function repaint() {
  for (const chart of charts) chart.paint();
}
