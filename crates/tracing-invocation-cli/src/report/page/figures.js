// What the operations come to that the filter takes.

/** By operation: whether the filter takes it. */
const isTaken = new Uint8Array(size);
let figures = null;

/** Asks the filter about every operation: once about each name and each entity, however many have it. */
function takeOperations() {
  const byName = filterOf(state.name);
  const byEntity = filterOf(state.entity);
  const ofKind = kinds.map((kind) => !byName || byName(kind.name) || byName(kind.path));
  const ofEntity = texts.map((text, number) => !byEntity || (number > 0 && byEntity(text)));
  const error = state.error && texts.indexOf(state.error, 1);
  const cause = state.cause && texts.indexOf(state.cause, 1);
  const offered = new Uint32Array(OUTCOMES.length);
  const isHidden = OUTCOMES.map((_, outcome) => state.hidden.has(outcome));
  let taken = 0;
  for (let at = 0; at < size; at += 1) {
    const isOffered =
      ofKind[kindOf[at]] &&
      ofEntity[entityOf[at]] &&
      (error === "" || errorOf[at] === error) &&
      (cause === "" || causeOf[at] === cause);
    isTaken[at] = isOffered && !isHidden[outcomeOf[at]] ? 1 : 0;
    taken += isTaken[at];
    if (isOffered) offered[outcomeOf[at]] += 1;
  }
  return { taken, offered };
}

/** The value below which so many in a hundred are, as one of them: the nearest rank. */
function percentile(sorted, percent) {
  if (sorted.length === 0) return NaN;
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)];
}

function percentiles(durations) {
  const sorted = durations.sort();
  return {
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max: percentile(sorted, 100),
  };
}

/** Durations by group, each group a part of one array. `groupOf` says which, or -1. */
function grouped(length, groups, groupOf, durationOf) {
  const begin = new Uint32Array(groups + 1);
  for (let at = 0; at < length; at += 1) {
    const group = groupOf(at);
    if (group >= 0) begin[group + 1] += 1;
  }
  for (let group = 0; group < groups; group += 1) begin[group + 1] += begin[group];
  const all = new Float64Array(begin[groups]);
  const next = begin.slice();
  for (let at = 0; at < length; at += 1) {
    const group = groupOf(at);
    if (group >= 0) all[next[group]++] = durationOf(at);
  }
  return (group) => all.subarray(begin[group], begin[group + 1]);
}

/** Of each name: how often it was called, how that ended, and how long it took. */
function figuresOfKinds() {
  const rows = kinds.map((kind, number) => ({ kind: number, calls: 0, outcomes: OUTCOMES.map(() => 0), slow: 0 }));
  for (let at = 0; at < size; at += 1) {
    if (!isTaken[at]) continue;
    const row = rows[kindOf[at]];
    row.calls += 1;
    row.outcomes[outcomeOf[at]] += 1;
  }
  let slow = 0;
  for (const at of slowOf.keys()) {
    if (!isTaken[at]) continue;
    rows[kindOf[at]].slow += 1;
    slow += 1;
  }
  const durations = grouped(
    size,
    kinds.length,
    (at) => (isTaken[at] && outcomeOf[at] !== OPEN ? kindOf[at] : -1),
    (at) => lastedOf[at],
  );
  const called = rows.filter((row) => row.calls > 0);
  for (const row of called) Object.assign(row, percentiles(durations(row.kind)));
  return { rows: called, slow };
}

/** The texts of a column, the most frequent first. */
function ranked(column) {
  const counts = new Map();
  for (let at = 0; at < size; at += 1) {
    if (isTaken[at] && column[at] > 0) counts.set(column[at], (counts.get(column[at]) ?? 0) + 1);
  }
  const all = [...counts].map(([number, calls]) => ({ text: texts[number], calls }));
  return all.sort((a, b) => b.calls - a.calls || (a.text < b.text ? -1 : 1));
}

/** How many of those that ended so are in no ranking, for an operation inside told why. */
function countToldInside(outcome) {
  let calls = 0;
  for (const at of toldInside) if (isTaken[at] && outcomeOf[at] === outcome) calls += 1;
  return calls;
}

/** Traces in which an operation is taken, by the name of what stands outermost in them. */
function figuresOfTraces() {
  const taken = new Uint32Array(traceCount);
  const ended = OUTCOMES.map(() => new Uint32Array(traceCount));
  for (let at = 0; at < size; at += 1) {
    if (!isTaken[at]) continue;
    taken[traceOf[at]] += 1;
    ended[outcomeOf[at]][traceOf[at]] += 1;
  }
  const groups = new Map();
  for (let trace = 0; trace < traceCount; trace += 1) {
    if (taken[trace] === 0) continue;
    const root = kindOf[traceBegin[trace]];
    if (!groups.has(root)) groups.set(root, { root, traces: [], taken: 0, outcomes: OUTCOMES.map(() => 0) });
    const group = groups.get(root);
    group.traces.push(trace);
    group.taken += taken[trace];
    for (const outcome of OUTCOMES.keys()) group.outcomes[outcome] += ended[outcome][trace];
  }
  for (const group of groups.values()) {
    const ended = group.traces.filter((trace) => outcomeOf[traceBegin[trace]] !== OPEN);
    Object.assign(group, percentiles(Float64Array.from(ended, (trace) => traceLasted[trace])));
  }
  const all = [...groups.values()].sort((a, b) => b.traces.length - a.traces.length || a.root - b.root);
  return { groups: all, taken, ended, count: all.reduce((sum, group) => sum + group.traces.length, 0) };
}

function figure() {
  const { taken, offered } = takeOperations();
  figures = {
    taken,
    offered,
    ...figuresOfKinds(),
    errors: ranked(errorOf),
    causes: ranked(causeOf),
    failedInside: countToldInside(FAILED),
    cancelledInside: countToldInside(CANCELLED),
    traces: figuresOfTraces(),
  };
}
