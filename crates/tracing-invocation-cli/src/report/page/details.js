// What is known of one operation.

/** A link to an operation of the trace that is shown, by its id. */
function linkTo(trace, id, label = id) {
  const at = operationOfId(trace, id);
  if (at < 0) return [make("code", {}, label), make("span", { class: "quiet" }, " (not in the log)")];
  const { name } = kinds[kindOf[at]];
  return make(
    "a",
    { href: fragment({ operation: at }), click: (event) => followLink(event, at) },
    sign(outcomeOf[at]),
    ` ${name} `,
    make("code", {}, id),
  );
}

function followLink(event, at) {
  event.preventDefault();
  selectOperation(at, true);
}

const pairs = (list) => make("dl", {}, list.filter(Boolean).map(([term, ...value]) => [make("dt", {}, term), make("dd", {}, value)]));

const part = (title, ...children) => make("section", {}, make("h4", {}, title), children);

/** A text that may have lines of its own. */
function lines(text, className = "lines") {
  const element = make("p", { class: className });
  element.append(harmless(String(text), true));
  return element;
}

/** A value as JSON, its texts without what acts or hides. */
function shown(value) {
  // What stands for a number is nothing that a log could have known.
  const token = `exactly ${Math.random()} `;
  const plain = JSON.stringify(value, (_, one) => (one instanceof Exact ? token + one.source : one), 2);
  const element = make("pre", { tabindex: "0" });
  element.append(harmless(plain.replace(new RegExp(`"${token}([^"]*)"`, "g"), "$1"), true));
  return element;
}

const isObject = (value) => typeof value === "object" && value !== null && !(value instanceof Exact);

const nanosOf = (value) => (typeof value === "number" ? lasted(value) : String(value?.source ?? value));

/** Shows all that is known of an operation in `element`. */
function showDetails(element, at) {
  const trace = traceOf[at];
  const { namespace, name } = kinds[kindOf[at]];
  const { invoke = {}, slow = [], end = {} } = payloadsOf(at);
  const outcome = outcomeOf[at];
  fill(
    element,
    make("header", {}, make("h3", {}, sign(outcome), ` ${name}`), closeButton()),
    whatBecame(at, trace, end),
    pairs([
      ["Namespace", namespace],
      entityOf[at] > 0 && ["Entity", texts[entityOf[at]]],
      ["Began", momentText(traceAt[trace] + beganAt[at]), withoutInvoke.has(at) ? make("span", { class: "quiet" }, " (its invoke is not in the log)") : null],
      outcome !== OPEN && ["Ended", momentText(traceAt[trace] + beganAt[at] + lastedOf[at] / 1_000)],
      ["Span", make("code", {}, spanId(at))],
      parentOf[at] >= 0 && ["Inside", linkTo(trace, spanId(parentOf[at]))],
      missingParent.has(at) && ["Inside", linkTo(trace, missingParent.get(at))],
      inCircle.has(at) && ["Inside", linkTo(trace, spanId(inCircle.get(at))), make("span", { class: "quiet" }, " (which is inside it)")],
      ["Trace", make("code", {}, traceId(trace))],
    ]),
    errorPart(end),
    cancellationPart(trace, end),
    slowPart(at, slow),
    progressPart(trace, end.progress),
    valuePart("Arguments", invoke.args),
    valuePart("Result", end.result),
    contextPart(invoke, end),
    payloadLeftOut.has(at) && make("p", { class: "notice" }, "What its payload says had no room in this page."),
  );
}

function closeButton() {
  return make("button", { type: "button", "aria-label": "Close", title: "Close (Esc)", click: closeDetails }, "✕");
}

/** How it ended, in a sentence. */
function whatBecame(at, trace, end) {
  const outcome = outcomeOf[at];
  const word = make("b", { class: OUTCOMES[outcome].word }, OUTCOMES[outcome].word);
  if (outcome === OPEN) return make("p", { class: "became" }, word, ` for ${lasted(lastedOf[at])} when the log ended`);
  const teller = end.caused_by ?? end.cancelled_by ?? (toldBy.has(at) ? spanId(toldBy.get(at)) : null);
  return [
    make("p", { class: "became" }, word, ` after ${lasted(lastedOf[at])}`, end.unknown_reason ? `: ${end.unknown_reason}` : null),
    teller && make("p", { class: "became" }, end.cancelled_by ? "Cancelled along with " : "By the same error as ", linkTo(trace, String(teller))),
  ];
}

function errorPart({ error }) {
  if (!isObject(error) || error.type === "cancelled") return null;
  const sources = Array.isArray(error.sources) ? error.sources : [];
  return part(
    "Error",
    make("p", { class: "kind" }, String(error.type ?? "")),
    lines(error.message ?? ""),
    sources.length > 0 && make("ol", { class: "sources", "aria-label": "Caused by" }, sources.map((source) => make("li", {}, lines(source)))),
    pairs([error.location !== undefined && ["At", make("code", {}, String(error.location))]]),
    error.details !== undefined && shown(error.details),
  );
}

function cancellationPart(trace, { cancellation, error, cancelled }) {
  if (!cancelled) return null;
  const why = isObject(cancellation) ? cancellation : {};
  const awaiting = Array.isArray(why.awaiting) ? why.awaiting.filter(isObject) : [];
  const isPlain = !isObject(error) || error.type === "cancelled";
  if (Object.keys(why).length === 0 && isPlain) return null;
  return part(
    "Cancellation",
    !isPlain && [make("p", { class: "kind" }, String(error.type ?? "")), lines(error.message ?? "")],
    pairs([
      why.cause !== undefined && ["Cause", make("b", {}, String(why.cause))],
      why.reason !== undefined && ["Reason", lines(why.reason)],
      why.span_id !== undefined && ["Along with", linkTo(trace, String(why.span_id))],
      why.parent_cause !== undefined && ["Its cause", String(why.parent_cause)],
      why.dropped_at !== undefined && ["Dropped at", make("code", {}, String(why.dropped_at))],
      ...awaiting.map(({ on, chain }) => [
        "Waited",
        on === undefined ? null : make("code", {}, String(on)),
        make("ol", { class: "chain" }, (Array.isArray(chain) ? chain : []).map((place) => make("li", {}, make("code", {}, String(place))))),
      ]),
    ]),
  );
}

/** How often it is told that an operation was slow. */
const MOST_SLOW = 50;

function slowPart(at, slow) {
  if (slow.length === 0) return null;
  const told = slow.slice(0, MOST_SLOW).map((one, number) => slowLine(one.slow, slowOf.get(at)?.[number]));
  const more = slow.length - told.length;
  return part("Slow", told, more > 0 && make("p", { class: "quiet" }, `and ${counted(more, "more time")}`));
}

function slowLine(slow, micros) {
  if (!isObject(slow)) return null;
  const after = micros === undefined ? "" : `after ${lasted(micros * 1_000)}: `;
  const text =
    slow.expected_ns !== undefined
      ? `${after}expected to take ${nanosOf(slow.expected_ns)}`
      : `${after}ran ${nanosOf(slow.poll_ns)} without a pause, of ${nanosOf(slow.limit_ns)} allowed`;
  return make("p", { class: "slow" }, make("span", { class: "sign slow", "aria-hidden": "true" }, "~"), ` ${text}`);
}

function progressPart(trace, progress) {
  if (!isObject(progress)) return null;
  const of = (key, show = nanosOf) => progress[key] !== undefined && [show(progress[key])];
  const named = (key) => isObject(progress[key]) && [linkTo(trace, String(progress[key].span_id))];
  const list = [
    ["Polls", of("polls", String)],
    ["Busy", of("busy_ns")],
    ["Idle", of("idle_ns")],
    ["Since it ran", of("since_last_poll_ns")],
    ["Last inside", named("last_child")],
    ["Ended along", named("pending")],
  ];
  return part("Progress", pairs(list.filter(([, value]) => value)));
}

const valuePart = (title, value) => (value === undefined ? null : part(title, shown(value)));

/** The keys that stand elsewhere; whatever else a payload has is context. */
const RESERVED = new Set([
  "args", "result", "error", "cancelled", "cancellation", "caused_by", "cancelled_by", "unknown_reason", "progress", "slow",
]);

function contextPart(invoke, end) {
  const context = Object.entries({ ...invoke, ...end }).filter(([key]) => !RESERVED.has(key));
  return context.length === 0 ? null : part("Context", shown(Object.fromEntries(context)));
}
