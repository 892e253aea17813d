// Outlines of countries (TopoJSON of world-atlas) and their way onto a flat page.

let world = null;

/** Borders as lists of rings of [longitude, latitude]; fetched when the first map is drawn. */
export function loadWorld() {
  world ??= fetch(new URL("../../countries-110m.json", import.meta.url)).then(async (answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return countriesOf(await answer.json());
  });
  world.catch(() => (world = null));
  return world;
}

/** TopoJSON keeps lines once, as steps of whole numbers, and countries as lists of line numbers; ~n is line n backwards. */
export function countriesOf(topology) {
  const { scale, translate } = topology.transform;
  const lines = topology.arcs.map((arc) => {
    let x = 0;
    let y = 0;
    return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
  });
  const ring = (numbers) => numbers.flatMap((n, i) => (n < 0 ? lines[~n].toReversed() : lines[n]).slice(i ? 1 : 0));
  return topology.objects.countries.geometries.map((country) => ({
    name: country.properties?.name ?? "",
    rings: (country.type === "Polygon" ? [country.arcs] : country.arcs).flatMap((polygon) => polygon.map(ring)),
  }));
}

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Mercator: regions look as people know them. */
function mercator([longitude, latitude]) {
  const bounded = Math.min(Math.max(latitude, -80), 83);
  return [radians(longitude), -Math.log(Math.tan(Math.PI / 4 + radians(bounded) / 2))];
}

/** Equal Earth (Šavrič, Patterson, Jenny 2018): the whole world, with areas as they are. */
function equalEarth([longitude, latitude]) {
  const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
  const m = Math.sqrt(3) / 2;
  const theta = Math.asin(m * Math.sin(radians(latitude)));
  const t2 = theta * theta;
  const t6 = t2 ** 3;
  const x = (radians(longitude) * Math.cos(theta)) / (m * (a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)));
  return [x, -theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))];
}

function boundsOf(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** A function from [longitude, latitude] to pixels, by which the points fill a box with a margin around them. */
export function projectionFor(points, width, height, margin = 28) {
  const spread = boundsOf(points);
  const flat = spread.right - spread.left > 110 ? equalEarth : mercator;
  const bounds = boundsOf(points.map(flat));
  const least = 0.06; // a single city is shown with some country around it
  const w = Math.max(bounds.right - bounds.left, least);
  const hgt = Math.max(bounds.bottom - bounds.top, least);
  const scale = Math.min((width - 2 * margin) / w, (height - 2 * margin) / hgt);
  const middle = [(bounds.left + bounds.right) / 2, (bounds.top + bounds.bottom) / 2];
  return (point) => {
    const [x, y] = flat(point);
    return [width / 2 + (x - middle[0]) * scale, height / 2 + (y - middle[1]) * scale];
  };
}
