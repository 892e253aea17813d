// Names of ids: a filter by product says P00578 in the address, and what it is called on the page.

import { getJson } from "./api.js";

const NAMED = ["product", "customer", "seller"];
const known = new Map();
const keyOf = (dimension, value) => `${dimension}\n${value}`;

export function remember(dimension, value, name) {
  if (name && name !== value) known.set(keyOf(dimension, value), name);
}

export async function nameOfValue(dimension, value) {
  if (!NAMED.includes(dimension)) return value;
  const key = keyOf(dimension, value);
  if (!known.has(key)) {
    const query = new URLSearchParams({ q: value.slice(0, 100), limit: 20 });
    const { data } = await getJson(`v1/dimensions/${dimension}?${query}`);
    known.set(key, data.find((entry) => entry.value === value)?.name ?? value);
  }
  return known.get(key);
}
