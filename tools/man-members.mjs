// node tools/man-members.mjs PAGE: prints a manual page of section 5, with what a JSON Schema says in place of lines such as these:
//   @members FILE [POINTER]@   the members of an object
//   @values FILE POINTER@      the texts that something may be
//   @kinds FILE@               the records of a profile with their fields
// tools/man calls it.
import { readFileSync } from "node:fs";

const schema = (file) => JSON.parse(readFileSync(file, "utf8"));
const at = (root, pointer) => pointer.split("/").filter(Boolean).reduce((inner, name) => inner[name], root);

// What is said beside a reference goes before what it refers to.
const resolved = (root, member) => (member.$ref ? { ...resolved(root, at(root, member.$ref.slice(1))), ...member } : member);

// Text as roff takes it: nothing in it is a request, and quotes and hyphens stay what they are.
function plain(text) {
  const marks = { "\\": "\\e", "…": "...", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", "-": "\\-", "×": "\\(mu", "\u2019": "\\(cq" };
  return text.replace(/[\\…'`^~×\u2019-]/g, (mark) => marks[mark]).replace(/^[.]/gm, "\\&.");
}

// Sentences, each on a line of its own as mdoc wants them.
const prose = (text) => plain(text.replace(/(?:[.]|([^.]))$/, "$1.").replace(/([^.][.]) +(?=[A-Z"`])/g, "$1\n"));

const number = (n) => n.toString().replace(/\B(?=(\d{3})+$)/g, ",");
const named = (value) => (value === "\t" ? '"\\t"' : value === "" || value === " " ? `"${value}"` : Array.isArray(value) ? JSON.stringify(value) : `${value}`);

// How many there may be of something, or how large it may be.
function bounds(least, most) {
  if (least !== undefined && most !== undefined) {
    return least === most ? `${number(least)}` : `${number(least)} to ${number(most)}`;
  }
  return most !== undefined ? `at most ${number(most)}` : least > 1 ? `at least ${number(least)}` : "";
}

const plural = { string: "texts", integer: "whole numbers", number: "numbers", object: "objects", boolean: "flags", array: "arrays" };
const single = { string: "text", integer: "whole number", number: "number", object: "object", boolean: "true or false", array: "array", null: "null" };

// What kind of value a member takes.
function kind(root, member) {
  const inner = resolved(root, member);
  if (member.$ref && ["expression", "condition"].includes(member.$ref.split("/").pop())) {
    return member.$ref.split("/").pop();
  }
  if (inner.type === "array") {
    const items = inner.items?.$ref?.split("/").pop() ?? "";
    const what = { expression: "expressions", condition: "conditions", stage: "stages" }[items];
    const of = what ?? (inner.items ? plural[resolved(root, inner.items).type ?? "string"] : "values");
    return ["array of", bounds(inner.minItems, inner.maxItems), of].filter(Boolean).join(" ");
  }
  if (inner.anyOf) {
    return [...new Set(inner.anyOf.map((way) => kind(root, way)))].join(" or ");
  }
  if (inner.enum?.some((value) => Array.isArray(value))) {
    return "text or array";
  }
  const range = inner.type === "integer" ? bounds(inner.minimum, inner.maximum) : "";
  return [single[inner.type] ?? ("const" in inner ? single[typeof inner.const] ?? "" : "text"), range].filter(Boolean).join(" ");
}

// The values that it takes, where they are listed.
function choices(root, member) {
  const inner = resolved(root, member);
  const listed = inner.enum ?? (inner.type === "array" && inner.items ? resolved(root, inner.items).enum : undefined) ??
    inner.anyOf?.flatMap((way) => resolved(root, way).enum ?? [])?.filter((value, i, all) => all.indexOf(value) === i);
  if (inner.const !== undefined) {
    return `The only value is ${named(inner.const)}.\n`;
  }
  return listed?.length ? `Values: ${listed.map((value) => plain(named(value))).join(" ")}\n` : "";
}

function item(root, name, member, required) {
  const inner = resolved(root, member);
  const head = `.It Cm ${plain(name)} Pq ${plain([kind(root, member), required ? "required" : ""].filter(Boolean).join(", "))}\n`;
  const fallback = inner.default === undefined ? "" : `The default is ${plain(named(inner.default))}.\n`;
  const more = Object.entries(inner.type === "object" && inner.properties && !member.$ref ? inner.properties : {});
  const below = more.length ? `.Bl -tag -width Ds\n${list(root, inner)}.El\n` : "";
  return head + (inner.description ? `${prose(inner.description)}\n` : "") + choices(root, member) + fallback + below;
}

const list = (root, object) =>
  Object.entries(object.properties).map(([name, member]) => item(root, name, member, object.required?.includes(name))).join("");

// What an inner object only says again of the whole is told once.
function members(file, pointer = "") {
  const root = schema(file);
  const { properties, required } = at(root, pointer);
  const said = (name) => pointer && JSON.stringify(properties[name]) === JSON.stringify(root.properties[name]);
  return list(root, { properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !said(name))), required });
}

// The fields of each kind of record, those that must be given first.
function kinds(file) {
  return schema(file).$defs.record.allOf.map((way) => {
    const { properties, required } = way.then.properties.fields;
    const rest = Object.keys(properties).filter((name) => !required.includes(name));
    const names = (some) => some.map((name) => `.Cm ${name}`).join(" ,\n");
    return `.It Cm ${way.if.properties.kind.const}\n${names(required)}${rest.length ? ` ;\n${names(rest)}` : ""}\n`;
  }).join("");
}

const values = (file, pointer) => `${at(schema(file), pointer).enum.map((value) => `.Cm ${plain(value)}`).join(" ,\n")} .\n`;

const parts = { members, values, kinds };
const page = readFileSync(process.argv[2], "utf8");
process.stdout.write(page.replace(/^@(members|values|kinds) (\S+?)(?: (\S+))?@\n/gm, (_, what, file, pointer) => parts[what](file, pointer)));
