// Holds each line of standard input to the Elastic Common Schema, as the fields' own definitions have it, and to the
// rules of ecs-logging for its first keys. Prints the action, the outcome and the level of each.

const { EcsFlat, EcsVersion } = require("@elastic/ecs");
const assert = require("node:assert");

const OWN = "invocation";

const TYPES = {
  date: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  keyword: (value) => typeof value === "string",
  long: (value) => Number.isSafeInteger(value),
  match_only_text: (value) => typeof value === "string",
  wildcard: (value) => typeof value === "string",
};

function check(name, value, fields) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    Object.entries(value).forEach(([key, inner]) => check(`${name}.${key}`, inner, fields));
    return;
  }
  const field = EcsFlat[name];
  assert(field, `${name} is no field of the schema`);
  assert(TYPES[field.type], `${name} is a ${field.type}, which has no rule here`);
  assert(TYPES[field.type](value), `${name} is no ${field.type}: ${JSON.stringify(value)}`);
  assert(!fields.has(name), `${name} is there twice`);
  if (field.allowed_values) {
    const allowed = field.allowed_values.map((allowed) => allowed.name);
    assert(allowed.includes(value), `${name} is none of ${allowed}: ${value}`);
  }
  if (field.ignore_above) {
    assert([...value].length <= field.ignore_above, `${name} is too long to be found`);
  }
  fields.set(name, value);
}

const lines = require("node:fs").readFileSync(0, "utf8").trimEnd().split("\n");
for (const line of lines) {
  const record = JSON.parse(line);
  assert.deepStrictEqual(
    Object.keys(record).slice(0, 4),
    ["@timestamp", "log.level", "message", "ecs.version"],
  );
  const fields = new Map();
  for (const [key, value] of Object.entries(record)) {
    if (key !== OWN) check(key, value, fields);
  }
  for (const [name, field] of Object.entries(EcsFlat)) {
    assert(!field.required || fields.has(name), `${name} is required`);
  }
  assert.strictEqual(fields.get("ecs.version"), EcsVersion);
  assert(!Object.keys(EcsFlat).some((name) => name.split(".")[0] === OWN), `${OWN} is taken`);
  const told = ["event.action", "event.outcome", "log.level"].map((name) => fields.get(name));
  console.log([...told, record[OWN].event_outcome].join(" "));
}
