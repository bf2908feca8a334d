// The list of traces: by what stands outermost in them, and then one by one.

let traceRows = null;
/** What is listed: groups, and the traces of those that are opened. */
let listed = [];
/** The groups that somebody opened or closed. A group that stands alone is open unless it was closed. */
const turnedGroups = new Map();

const isGroupOpen = ({ root }) => turnedGroups.get(root) ?? figures.traces.groups.length === 1;

function makeTraces() {
  traceRows = new Rows(byId("traces"), {
    height: 32,
    head: ["Outermost operation", "Operations", ...OUTCOMES.map(({ word }) => word), "p50", "p99", "longest"].map((label, column) =>
      make("span", { role: "columnheader", class: column === 0 ? "name" : "number" }, label),
    ),
    row: (index) => (listed[index].trace === undefined ? groupRow(listed[index].group) : traceRow(listed[index])),
    open: (index) => {
      const { group, trace } = listed[index];
      if (trace === undefined) traceRows.go(turnGroup(index, !isGroupOpen(group)));
      else openTrace(trace);
    },
    turn: turnGroup,
  });
  byId("order").addEventListener("change", (event) => {
    change({ traces: event.target.value });
    showTraces();
  });
}

/** Opens or closes a group, and says where to go then. */
function turnGroup(index, isOpened) {
  const { group, trace } = listed[index];
  if (trace !== undefined) return isOpened ? null : listed.findLastIndex((one, at) => at < index && one.trace === undefined);
  if (isOpened === isGroupOpen(group)) return isOpened ? index + 1 : null;
  turnedGroups.set(group.root, isOpened);
  showTraces();
  return index;
}

const TRACE_ORDERS = {
  time: () => 0,
  longest: (a, b) => traceLasted[b] - traceLasted[a],
  failed: (a, b) =>
    figures.traces.ended[FAILED][b] - figures.traces.ended[FAILED][a] ||
    figures.traces.ended[CANCELLED][b] - figures.traces.ended[CANCELLED][a],
};

function showTraces() {
  const { groups } = figures.traces;
  const compare = TRACE_ORDERS[state.traces] ?? TRACE_ORDERS.time;
  byId("order").value = state.traces in TRACE_ORDERS ? state.traces : "time";
  listed = [];
  for (const group of groups) {
    listed.push({ group });
    if (!isGroupOpen(group)) continue;
    for (const trace of [...group.traces].sort((a, b) => compare(a, b) || a - b)) listed.push({ group, trace });
  }
  traceRows.show(listed.length);
}

function groupRow(group) {
  const kind = kinds[group.root];
  const isOpened = isGroupOpen(group);
  return make(
    "div",
    { class: "group", "aria-expanded": String(isOpened), "aria-level": "1", title: kind.path },
    cell(
      "name",
      make("span", { class: "turn", "aria-hidden": "true" }, isOpened ? "▾" : "▸"),
      make("b", {}, kind.name),
      make("span", { class: "quiet apart" }, `${counted(group.traces.length, "trace")}`),
    ),
    cell("number", count(group.taken)),
    group.outcomes.map((number, outcome) => tally(outcome, number)),
    duration(group.p50),
    duration(group.p99),
    duration(group.max),
  );
}

function traceRow({ group, trace }) {
  const root = traceBegin[trace];
  const length = traceBegin[trace + 1] - root;
  const taken = figures.traces.taken[trace];
  const bar = make("span", { class: "share" });
  bar.style.width = `${Math.min((100 * traceLasted[trace]) / Math.max(group.max || 0, 1), 100)}%`;
  return make(
    "div",
    { "aria-level": "2", title: traceId(trace) },
    cell(
      "name inside",
      sign(outcomeOf[root]),
      make("span", { class: "time" }, moment(traceAt[trace]).time),
      make("code", {}, traceId(trace).slice(0, 8)),
      make("span", { class: "entity" }, texts[entityOf[root]]),
    ),
    cell("number", taken === length ? count(length) : `${count(taken)} of ${count(length)}`),
    figures.traces.ended.map((ofTraces, outcome) => tally(outcome, ofTraces[trace])),
    make("span", { class: "bar wide", role: "gridcell", "aria-hidden": "true" }, bar),
    duration(traceLasted[trace]),
  );
}
