// Requests to the server. A few at a time, each at most once a view, and conditional: the browser keeps answers with their tags
// and asks whether they still hold, so that what has not changed is not sent again.

import { chosen } from "./state.js";
import { anotherKey, usedKey, withKey } from "./key.js";
import { canCompare, granularityOf, needsStatus, rangeParameters } from "./range.js";

// Browsers open six connections to a server, and one is for events.
const AT_ONCE = 5;
// Others of this page, and of this address, may be as far each time.
const TRIES = 10;
let running = 0;
const waiting = [];

/** What the server said was wrong, or that it could not be reached (status 0). */
export class Problem extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

async function turn() {
  if (running >= AT_ONCE) await new Promise((go) => waiting.push(go));
  else running++;
}

function done() {
  const next = waiting.shift();
  if (next) next();
  else running--;
}

/** What start.js has asked for already; once. */
function early(path) {
  const asked = globalThis.early?.[path];
  if (asked) delete globalThis.early[path];
  return asked;
}

async function send(path, accept, signal) {
  try {
    const answer = (await early(path)) ?? (await fetch(path, { headers: withKey({ Accept: accept }), signal }));
    if (answer instanceof Error) throw answer;
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("", 0);
  }
}

/** The answer; where the server says that these were too many requests, after the time that it names. */
async function sendPatiently(path, accept, signal) {
  for (let tries = 1; ; tries++) {
    const answer = await send(path, accept, signal);
    if (answer.status !== 429 || tries === TRIES) return answer;
    await new Promise((go) => setTimeout(go, 1000 * (Number(answer.headers.get("Retry-After")) || 1)));
    signal?.throwIfAborted();
  }
}

/** The answer, once the reader has given a key where the server asks for one. */
async function ask(path, accept, signal) {
  let used = usedKey();
  let answer = await sendPatiently(path, accept, signal);
  while (answer.status === 401 && (await anotherKey(used))) {
    used = usedKey();
    answer = await sendPatiently(path, accept, signal);
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Problem(problem.detail ?? "", answer.status);
  }
  return answer;
}

export async function getJson(path, signal) {
  await turn();
  try {
    signal?.throwIfAborted();
    return await (await ask(path, "application/json", signal)).json();
  } finally {
    done();
  }
}

/** A file's bytes, for what a link could not fetch, as it sends no key. */
export const getFile = async (path) => (await ask(path, "*/*")).blob();

/** One look at the data: what is asked for twice in it is fetched once. */
export class View {
  /** away: why the state of the data is not known, or is an old one. */
  constructor(state, status, away = null) {
    this.state = state;
    this.status = status;
    this.away = away;
    // Without their days numbers of others would be shown under the name of these.
    this.unknown = !status && needsStatus(state) ? away : null;
    this.answers = new Map();
    this.controller = new AbortController();
  }

  get(path) {
    if (!this.answers.has(path)) this.answers.set(path, getJson(path, this.controller.signal));
    return this.answers.get(path);
  }

  /** Asks anew for what failed. */
  forget(path) {
    this.answers.delete(path);
  }

  leave() {
    this.controller.abort();
  }
}

/** The request for a KPI: its path, and the filters that it does not take. */
export function requestOf(kpi, state, status, { limit, sort, compare = true, format } = {}) {
  const query = new URLSearchParams();
  const takes = (name) => kpi.parameters.includes(name);
  const refused = [];
  const range = Object.entries(rangeParameters(state, status));
  for (const [name, value] of range) if (takes(name)) query.set(name, value);
  if (range.some(([name]) => !takes(name))) refused.push("period");
  for (const [name, value] of chosen(state)) {
    if (takes(name)) query.append(name, value);
    else if (!refused.includes(name)) refused.push(name);
  }
  if (takes("granularity")) query.set("granularity", granularityOf(state, status));
  if (compare && takes("compare") && state.compare !== "off" && canCompare(state) && range.length)
    query.set("compare", state.compare);
  if (limit && takes("limit")) query.set("limit", limit);
  if (sort && takes("sort")) query.set("sort", sort);
  if (format) query.set("format", format);
  return { path: pathOf(kpi, query), refused };
}

/** The same of other days, with all rows up to a number and nothing to compare with. */
export function requestFor(kpi, state, { from, to, as_of }, limit) {
  const query = new URLSearchParams({ from, to, ...(as_of && { as_of }), limit });
  for (const [name, value] of chosen(state)) if (kpi.parameters.includes(name)) query.append(name, value);
  return pathOf(kpi, query);
}

const pathOf = (kpi, query) => `v1/kpis/${encodeURIComponent(kpi.name)}${query.size ? `?${query}` : ""}`;

export const absolute = (path) => new URL(path, document.baseURI).href;

/** Where the Swagger page describes a KPI: its tag and its operation, which is its name in camel case. */
export function swaggerOf(kpi) {
  const operation = kpi.name.replace(/[^A-Za-z0-9]+([A-Za-z0-9])/g, (_, letter) => letter.toUpperCase());
  return `docs/#/${encodeURIComponent(kpi.group)}/${encodeURIComponent(operation)}`;
}
