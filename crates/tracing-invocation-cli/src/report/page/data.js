// The operations of the page, by column, and what can be said of each.

const read = (id) => JSON.parse(byId(id).textContent);
const said = read("said");
const columns = read("columns");

/** How operations end: the sign is what tells them apart where colours do not. */
const OUTCOMES = [
  { letter: "s", word: "success", sign: "✓" },
  { letter: "f", word: "failed", sign: "✗" },
  { letter: "c", word: "cancelled", sign: "⊘" },
  { letter: "u", word: "unknown", sign: "?" },
  { letter: "o", word: "open", sign: "…" },
];
const [SUCCESS, FAILED, CANCELLED, UNKNOWN, OPEN] = OUTCOMES.keys();

const size = columns.kind.length;
const kinds = columns.kinds.map(([namespace, name]) => ({ namespace, name, path: `${namespace} ${name}` }));
const texts = columns.texts;
const kindOf = Uint32Array.from(columns.kind);
const entityOf = Uint32Array.from(columns.entity);
const beganAt = Float64Array.from(columns.began);
const lastedOf = Float64Array.from(columns.lasted);
const outcomeOf = new Uint8Array(size);
for (let at = 0; at < size; at += 1) outcomeOf[at] = OUTCOMES.findIndex(({ letter }) => letter === columns.outcomes[at]);

const sparse = (pairs) => {
  const column = new Uint32Array(size);
  for (const [at, value] of pairs) column[at] = value;
  return column;
};
/** Numbers of texts; 0 is none. */
const errorOf = sparse(columns.error);
const causeOf = sparse(columns.cause);
const exampleOf = new Map(columns.example.map(([number, message]) => [texts[number], message]));
/** Those whose error or cancellation an operation inside told in full. */
const toldInside = new Set(columns.told_inside);

/** What stands for an error or a cause that nobody told. A log that has the text itself says no more by it. */
const NOT_RECORDED = "not recorded";
const notRecorded = texts.includes(NOT_RECORDED) ? texts.indexOf(NOT_RECORDED, 1) : texts.push(NOT_RECORDED) - 1;
for (let at = 0; at < size; at += 1) {
  const column = outcomeOf[at] === FAILED ? errorOf : outcomeOf[at] === CANCELLED ? causeOf : null;
  if (column !== null && column[at] === 0 && !toldInside.has(at)) column[at] = notRecorded;
}
const toldBy = new Map(columns.told_by);
const missingParent = new Map(columns.missing_parent);
/** Those that are said to be inside one that is inside them. */
const inCircle = new Map(columns.in_circle);
const withoutInvoke = new Set(columns.no_invoke);
const payloadLeftOut = new Set(columns.left_out);
const slowOf = new Map();
for (const [at, micros] of columns.slow) {
  if (!slowOf.has(at)) slowOf.set(at, []);
  slowOf.get(at).push(micros);
}

/** Where parents are, -1 of the outermost; how deep each stands; and what comes after all that is inside it. */
const parentOf = new Int32Array(size).fill(-1);
const depthOf = new Uint32Array(size);
const afterOf = new Uint32Array(size);
for (let at = 0; at < size; at += 1) {
  if (columns.up[at] === 0) continue;
  parentOf[at] = at - columns.up[at];
  depthOf[at] = depthOf[parentOf[at]] + 1;
}
for (let at = size - 1; at >= 0; at -= 1) {
  afterOf[at] = Math.max(afterOf[at], at + 1);
  const parent = parentOf[at];
  if (parent >= 0) afterOf[parent] = Math.max(afterOf[parent], afterOf[at]);
}

/** Of traces: where their operations begin, how many there are, and how many nanoseconds they took. */
const traceCount = columns.trace_at.length;
const traceAt = Float64Array.from(columns.trace_at);
const traceBegin = new Uint32Array(traceCount + 1);
const traceOf = new Uint32Array(size);
const traceLasted = Float64Array.from(columns.trace_lasted);
for (let trace = 0; trace < traceCount; trace += 1) {
  traceBegin[trace + 1] = traceBegin[trace] + columns.trace_size[trace];
  traceOf.fill(trace, traceBegin[trace], traceBegin[trace + 1]);
}

const spanId = (at) => columns.span_ids.slice(at * 16, at * 16 + 16);
const traceId = (trace) => columns.trace_ids.slice(trace * 32, trace * 32 + 32);

/** Where in `ids`, each of so many digits, one stands from a place on, or -1. */
function placeOf(ids, digits, id, from = 0, to = ids.length / digits) {
  for (let place = from; place < to; place += 1) {
    if (ids.startsWith(id, place * digits)) return place;
  }
  return -1;
}

const traceOfId = (id) => (/^[0-9a-f]{32}$/.test(id) ? placeOf(columns.trace_ids, 32, id) : -1);
const operationOfId = (trace, id) =>
  trace >= 0 && /^[0-9a-f]{16}$/.test(id ?? "")
    ? placeOf(columns.span_ids, 16, id, traceBegin[trace], traceBegin[trace + 1])
    : -1;

/** A moment so many microseconds after the first, in UTC. */
function moment(micros) {
  const [seconds, rest] = columns.first;
  const all = rest + Math.floor(micros);
  const time = new Date((seconds + Math.floor(all / 1e6)) * 1_000);
  if (Number.isNaN(time.getTime())) return { day: "", time: `+${lasted(micros * 1_000)}` };
  const [day, clock] = time.toISOString().split("T");
  return { day, time: `${clock.slice(0, 8)}.${String(all % 1e6).padStart(6, "0")}` };
}

const momentText = (micros) => {
  const { day, time } = moment(micros);
  return `${day} ${time} UTC`;
};

/** A number that is written with more digits than this language keeps. */
class Exact {
  constructor(source) {
    this.source = source;
  }
}

const exactly = (_, value, context) => {
  const isRounded = typeof value === "number" && context?.source !== undefined && !Number.isSafeInteger(value);
  return isRounded && String(value) !== context.source ? new Exact(context.source) : value;
};

let payloadLines = null;

/** What an operation's payloads say: `invoke`, `slow` and `end`, as far as they are in the page. */
function payloadsOf(at) {
  if (!payloadLines) {
    const lines = byId("details-data").textContent.split("\n");
    payloadLines = new Map(columns.told.map((operation, line) => [operation, lines[line]]));
  }
  const line = payloadLines.get(at);
  return line === undefined ? {} : JSON.parse(line, exactly);
}
