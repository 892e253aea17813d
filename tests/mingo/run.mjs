// Runs pipelines with mingo, MongoDB's aggregation in JavaScript, which shares no line with any database.
//
// stdin: {"collections": {name: [documents]}, "pipelines": [{"collection", "pipeline"}]} as Extended JSON.
// stdout: for each pipeline {"rows": [...]} or {"error": "..."}; dates are {"$date": ISO}.
//
// JavaScript has one kind of number, a double: Decimal128 becomes one, and its sums have 15 digits.
import { readFileSync } from "node:fs";
import { Aggregator } from "mingo";

const NUMBERS = ["$numberDecimal", "$numberLong", "$numberInt", "$numberDouble"];

function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && NUMBERS.includes(keys[0])) return Number(value[keys[0]]);
  if (keys.length === 1 && keys[0] === "$date") return new Date(plain(value.$date));
  return Object.fromEntries(keys.map((key) => [key, plain(value[key])]));
}

function told(value) {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return value.map(told);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, told(member)]));
}

const input = plain(JSON.parse(readFileSync(0, "utf8")));
const collectionResolver = (name) => input.collections[name] ?? [];
for (const { collection, pipeline } of input.pipelines) {
  let answer;
  try {
    answer = { rows: told(new Aggregator(pipeline, { collectionResolver }).run(collectionResolver(collection))) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
