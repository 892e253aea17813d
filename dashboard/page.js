// The catalogue: every KPI by group, with a link to its answer, a curl line, and its place on the Swagger page.

const $ = (id) => document.getElementById(id);
const wholeNumber = new Intl.NumberFormat("en");

/** An element with text or children. Text is never taken for HTML. */
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? `The server answered with status ${answer.status}.`);
  }
  return answer.json();
}

/** Groups in the order of the description's tags, each with its KPIs and what the description calls them. */
function groupsOf(kpis, description) {
  const operation = (kpi) => description.paths[`/v1/kpis/${kpi.name}`]?.get.operationId;
  const known = description.tags.map((tag) => tag.name);
  const unknown = kpis.map((kpi) => kpi.group).filter((group) => !known.includes(group));
  return [...new Set([...known, ...unknown])]
    .map((name) => ({
      name,
      text: description.tags.find((tag) => tag.name === name)?.description ?? "",
      kpis: kpis.filter((kpi) => kpi.group === name).map((kpi) => ({ ...kpi, operation: operation(kpi) })),
    }))
    .filter((group) => group.kpis.length > 0);
}

/** A range that has data: the newest year. */
function exampleQuery(kpi, status) {
  const year = status?.last_day?.slice(0, 4);
  return year && kpi.parameters.includes("from") && kpi.parameters.includes("to") ? `?from=${year}&to=${year}` : "";
}

async function copy(code, button) {
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Only pages of https and of this machine may write to the clipboard; elsewhere the reader presses the keys.
    getSelection().selectAllChildren(code);
    done = "Selected";
  }
  button.textContent = done;
  $("said").textContent = done;
  setTimeout(() => {
    button.textContent = "Copy";
    $("said").textContent = "";
  }, 1500);
}

function curlLine(kpi, path) {
  const code = element("code", { tabIndex: 0 }, `curl '${new URL(path, document.baseURI)}'`);
  const button = element("button", { type: "button", ariaLabel: `Copy the curl line of ${kpi.title}` }, "Copy");
  button.addEventListener("click", () => copy(code, button));
  return element("div", { className: "curl" }, code, button);
}

function detailsOf(kpi) {
  const columns = kpi.columns.flatMap((column) => [
    element("dt", {}, column.name),
    element("dd", {}, column.text + (column.unit ? ` (${column.unit})` : "")),
  ]);
  return element(
    "details",
    {},
    element("summary", {}, "Formula and columns"),
    element("p", {}, kpi.formula),
    element("dl", { className: "columns" }, ...columns),
  );
}

function kpiItem(kpi, group, status) {
  const path = `v1/kpis/${encodeURIComponent(kpi.name)}${exampleQuery(kpi, status)}`;
  const links = [element("a", { href: path, ariaLabel: `${kpi.title} as JSON` }, "JSON")];
  if (kpi.operation) {
    const place = `docs/#/${encodeURIComponent(group)}/${encodeURIComponent(kpi.operation)}`;
    links.push(element("a", { href: place, ariaLabel: `${kpi.title} in Swagger` }, "Swagger"));
  }
  const item = element(
    "li",
    { className: "kpi", id: kpi.name },
    element(
      "div",
      { className: "kpi-head" },
      element("h3", {}, kpi.title),
      element("span", { className: "links" }, ...links),
    ),
    element("p", {}, kpi.summary),
    curlLine(kpi, path),
    detailsOf(kpi),
  );
  item.words = [kpi.name, kpi.title, kpi.summary, kpi.formula, group, ...kpi.columns.map((column) => column.name)]
    .join(" ")
    .toLowerCase();
  return item;
}

function groupSection(group, status) {
  const title = element("h2", { id: `group-${group.name}` }, group.name);
  const section = element(
    "section",
    { className: "group" },
    element("div", { className: "group-head" }, title, element("p", {}, group.text)),
    element("ul", { className: "kpis" }, ...group.kpis.map((kpi) => kpiItem(kpi, group.name, status))),
  );
  section.setAttribute("aria-labelledby", title.id);
  return section;
}

/** Shows the KPIs that have every word. */
function find() {
  const words = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of document.querySelectorAll(".kpi")) {
    item.hidden = !words.every((word) => item.words.includes(word));
    shown += item.hidden ? 0 : 1;
  }
  for (const section of document.querySelectorAll(".group"))
    section.hidden = !section.querySelector(".kpi:not([hidden])");
  $("note").hidden = shown > 0;
  $("note").textContent = shown > 0 ? "" : "No KPI has these words.";
}

function showBanner(...content) {
  $("banner").replaceChildren(element("div", { className: "banner" }, ...content));
}

function showStatus(status) {
  if (status.data_version === 0) {
    showBanner(
      element("p", {}, "Nothing has been loaded yet, so every answer is empty. Load a folder of CSV files, or a sample:"),
      element("pre", {}, element("code", {}, "kpi-load FOLDER\n\nkpi-sample --orders 20000 FOLDER && kpi-load FOLDER")),
    );
    return;
  }
  const facts = [`${wholeNumber.format(status.counts.orders)} orders`];
  if (status.first_day) facts.push(`${status.first_day} to ${status.last_day}`);
  if (status.currency) facts.push(status.currency);
  facts.push(`data version ${status.data_version}`);
  $("facts").textContent = facts.join(" · ");
}

function showFailure(error) {
  const again = element("button", { type: "button" }, "Try again");
  again.addEventListener("click", start);
  $("note").hidden = false;
  $("note").replaceChildren(`The KPIs could not be loaded. ${error.message} `, again);
}

async function start() {
  const main = $("catalogue");
  main.setAttribute("aria-busy", "true");
  $("banner").replaceChildren();
  $("note").hidden = false;
  $("note").textContent = "Loading the KPIs…";
  // The list does not need the database: it is shown even when that is away.
  const [list, description, status] = await Promise.allSettled(["v1/kpis", "openapi.json", "v1/status"].map(getJson));
  main.setAttribute("aria-busy", "false");
  const failed = [list, description].find((result) => result.status === "rejected");
  if (failed) {
    showFailure(failed.reason);
    return;
  }
  const groups = groupsOf(list.value.data, description.value);
  main.replaceChildren($("note"), ...groups.map((group) => groupSection(group, status.value)));
  $("find-label").hidden = false;
  find();
  if (status.status === "fulfilled") showStatus(status.value);
  else showBanner(element("p", {}, `The state of the data is not known. ${status.reason.message}`));
}

$("find").addEventListener("input", find);
start();
