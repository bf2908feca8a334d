// One trace in time: a row for each operation, those inside others below them.

let waterfallRows = null;
/** The operations that have a row. */
let drawn = [];
const closed = new Set();
/** What is seen of the trace: from and to, in microseconds since it began. */
let view = [0, 1];

/** How deep rows are indented; any deeper, a number says how deep they stand. */
const DEEPEST = 16;

function makeWaterfall() {
  const axis = make("span", { role: "columnheader", class: "axis", "aria-label": "Time" });
  waterfallRows = new Rows(byId("waterfall"), {
    height: 28,
    head: [
      make("span", { role: "columnheader", class: "name" }, "Operation"),
      axis,
      make("span", { role: "columnheader", class: "number" }, "Duration"),
    ],
    row: (index) => waterfallRow(drawn[index]),
    open: (index, isByKey) => selectOperation(drawn[index], isByKey),
    turn: turnOperation,
    moved: (index) => {
      if (state.operation >= 0 && state.operation !== drawn[index]) selectOperation(drawn[index], false);
    },
  });
  byId("zoom-in").addEventListener("click", () => zoom(0.5));
  byId("zoom-out").addEventListener("click", () => zoom(2));
  byId("zoom-whole").addEventListener("click", zoomToWhole);
  byId("zoom-operation").addEventListener("click", zoomToOperation);
}

/** Closes or opens what is inside an operation, or goes there, and says where to go. */
function turnOperation(index, isOpened) {
  const at = drawn[index];
  const hasChildren = afterOf[at] > at + 1;
  if (isOpened && !hasChildren) return null;
  if (isOpened && !closed.has(at)) return index + 1 < drawn.length && parentOf[drawn[index + 1]] === at ? index + 1 : null;
  if (!isOpened && (!hasChildren || closed.has(at))) return parentOf[at] < 0 ? null : drawn.indexOf(parentOf[at]);
  if (isOpened) closed.delete(at);
  else closed.add(at);
  listOperations();
  waterfallRows.show(drawn.length);
  return index;
}

/** Lists the operations that are taken, those around them, and nothing that is inside a closed one. */
function listOperations() {
  const begin = traceBegin[state.trace];
  const end = traceBegin[state.trace + 1];
  const isListed = new Uint8Array(end - begin);
  for (let at = end - 1; at >= begin; at -= 1) {
    if (isTaken[at]) isListed[at - begin] = 1;
    if (isListed[at - begin] && parentOf[at] >= 0) isListed[parentOf[at] - begin] = 1;
  }
  drawn = [];
  for (let at = begin; at < end; at = closed.has(at) ? afterOf[at] : at + 1) {
    if (isListed[at - begin]) drawn.push(at);
  }
}

const whole = () => [0, Math.max(traceLasted[state.trace] / 1_000, 0.001)];

function showTrace(isNew) {
  const { trace } = state;
  if (isNew) {
    closed.clear();
    view = whole();
  }
  const root = traceBegin[trace];
  const { name } = kinds[kindOf[root]];
  fill(byId("trace-title"), sign(outcomeOf[root]), ` ${name}`, entityOf[root] > 0 ? make("span", { class: "entity" }, texts[entityOf[root]]) : null);
  fill(
    byId("trace-from"),
    `${momentText(traceAt[trace])}  ·  ${lasted(traceLasted[trace])}  ·  ${counted(traceBegin[trace + 1] - root, "operation")}  ·  `,
    make("code", {}, traceId(trace)),
  );
  byId("back").setAttribute("href", fragment({ trace: -1, operation: -1 }));
  listOperations();
  byId("none").hidden = drawn.length > 0;
  const active = state.operation >= 0 ? drawn.indexOf(state.operation) : -1;
  drawAxis();
  waterfallRows.show(drawn.length, active >= 0 ? active : isNew ? 0 : undefined);
  if (active >= 0) waterfallRows.go(active);
  showSelected();
}

function showSelected(isToBeRead = false) {
  const details = byId("details");
  details.hidden = state.operation < 0;
  byId("trace").classList.toggle("with-details", !details.hidden);
  if (details.hidden) return;
  showDetails(details, state.operation);
  details.scrollTop = 0;
  if (isToBeRead) details.focus({ preventScroll: true });
}

function selectOperation(at, isToBeRead) {
  change({ operation: at });
  for (let around = parentOf[at]; around >= 0; around = parentOf[around]) closed.delete(around);
  if (!drawn.includes(at)) {
    listOperations();
    waterfallRows.show(drawn.length);
  }
  const index = drawn.indexOf(at);
  if (index >= 0 && index !== waterfallRows.active) waterfallRows.go(index);
  showSelected(isToBeRead);
}

function closeDetails() {
  change({ operation: -1 });
  showSelected();
  waterfallRows.drawSoon();
  byId("waterfall").focus();
}

/** Steps of an axis are 1, 2 or 5 of a unit, and few enough to be read. */
function stepOf(span, most) {
  const rough = Math.max(span / most, 1e-3);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
}

function drawAxis() {
  const axis = waterfallRows.head.querySelector(".axis");
  const [from, to] = view;
  const step = stepOf(to - from, Math.max(Math.floor(axis.clientWidth / 90), 2));
  const ticks = [];
  for (let time = Math.ceil(from / step) * step; time <= to && ticks.length < 40; time += step) {
    const left = (100 * (time - from)) / (to - from);
    // A label that would be cut is left out, its line is not.
    const isRoom = axis.clientWidth * (1 - left / 100) > 60;
    const tick = make("span", { class: "tick" }, isRoom ? (time === 0 ? "0" : lasted(Math.round(time * 1_000))) : "");
    tick.style.left = `${left}%`;
    ticks.push(tick);
  }
  fill(axis, ticks);
}

function setView(from, to) {
  const [, end] = whole();
  const span = Math.min(Math.max(to - from, Math.min(0.1, end)), end);
  const begin = Math.min(Math.max(from, 0), end - span);
  view = [begin, begin + span];
  drawAxis();
  waterfallRows.draw();
}

/** Zooms around the operation the keys are on, as far as it is seen. */
function zoom(factor) {
  const [from, to] = view;
  const at = drawn[waterfallRows.active];
  const middle = at === undefined ? (from + to) / 2 : beganAt[at] + Math.min(lastedOf[at] / 1_000, to - from) / 2;
  const around = Math.min(Math.max(middle, from), to);
  const span = (to - from) * factor;
  setView(around - span / 2, around + span / 2);
}

function zoomToOperation() {
  const at = drawn[waterfallRows.active];
  if (at === undefined) return;
  const span = Math.max(lastedOf[at] / 1_000, 1);
  setView(beganAt[at] - span * 0.05, beganAt[at] + span * 1.05);
}

function zoomToWhole() {
  setView(...whole());
}

/** What is inside a closed operation, as the signs of what did not go well. */
function inside(at) {
  if (!closed.has(at)) return null;
  const worst = OUTCOMES.map(() => 0);
  for (let one = at + 1; one < afterOf[at]; one += 1) worst[outcomeOf[one]] += 1;
  const signs = [FAILED, CANCELLED].filter((outcome) => worst[outcome] > 0);
  return make("span", { class: "quiet" }, ` +${count(afterOf[at] - at - 1)} `, signs.map(sign));
}

function waterfallRow(at) {
  const hasChildren = afterOf[at] > at + 1;
  const depth = depthOf[at];
  const { name } = kinds[kindOf[at]];
  const label = make(
    "span",
    { class: "name", role: "gridcell" },
    make("span", { class: "turn", "aria-hidden": "true" }, hasChildren ? (closed.has(at) ? "▸" : "▾") : ""),
    sign(outcomeOf[at]),
    depth > DEEPEST ? make("span", { class: "quiet" }, `${depth} deep `) : null,
    missingParent.has(at) ? make("span", { class: "orphan", title: `Began inside ${missingParent.get(at)}, which the log does not have` }, "parent missing") : null,
    inCircle.has(at) ? make("span", { class: "orphan", title: "Said to be inside an operation that is inside it" }, "in a circle") : null,
    make("b", {}, name),
    entityOf[at] > 0 ? make("span", { class: "entity" }, texts[entityOf[at]]) : null,
    inside(at),
  );
  label.style.paddingLeft = `${Math.min(depth, DEEPEST) * 14}px`;
  const row = make(
    "div",
    { class: isTaken[at] ? "" : "around", "aria-level": String(depth + 1), title: kinds[kindOf[at]].path },
    label,
    make("span", { class: "line", role: "gridcell", "aria-label": timeOf(at) }, barsOf(at)),
    cell("number", slowOf.has(at) ? make("span", { class: "sign slow", role: "img", "aria-label": "slow" }, "~ ") : null, lasted(lastedOf[at])),
  );
  if (hasChildren) row.setAttribute("aria-expanded", String(!closed.has(at)));
  row.classList.toggle("selected", at === state.operation);
  return row;
}

const timeOf = (at) => `from ${lasted(Math.round(beganAt[at] * 1_000))}, for ${lasted(lastedOf[at])}`;

/** The bar of an operation, as far as it is seen, and a mark at each time it was said to be slow. */
function barsOf(at) {
  const [from, to] = view;
  const share = (time) => (100 * (time - from)) / (to - from);
  const begin = beganAt[at];
  const end = outcomeOf[at] === OPEN ? Infinity : begin + lastedOf[at] / 1_000;
  if (end < from || begin > to) {
    return make("span", { class: `beyond ${end < from ? "before" : "after"}`, "aria-hidden": "true" }, end < from ? "‹" : "›");
  }
  const left = Math.max(share(begin), 0);
  const bar = make("span", { class: `span ${OUTCOMES[outcomeOf[at]].word}` });
  bar.style.left = `${left}%`;
  bar.style.width = `${Math.min(share(end), 100) - left}%`;
  const times = (slowOf.get(at) ?? []).map((micros) => begin + micros);
  const marks = times.filter((time) => time >= from && time <= to).slice(0, MOST_SLOW).map((time) => {
    const mark = make("span", { class: "mark", title: "slow" }, "~");
    mark.style.left = `${share(time)}%`;
    return mark;
  });
  return [bar, marks];
}
