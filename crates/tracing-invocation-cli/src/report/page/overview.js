// The filter, the figures of each operation, and why operations failed or were cancelled.

/** What stands in the columns of the table of operations, and what they are ordered by. */
const ORDERS = [
  { key: "name", label: "Operation", of: (row) => kinds[row.kind].name.toLowerCase(), isText: true },
  { key: "calls", label: "Calls", of: (row) => row.calls },
  ...OUTCOMES.map(({ word }, outcome) => ({ key: word, label: word, outcome, of: (row) => row.outcomes[outcome] })),
  { key: "slow", label: "slow", of: (row) => row.slow },
  { key: "p50", label: "p50", of: (row) => row.p50 },
  { key: "p90", label: "p90", of: (row) => row.p90 },
  { key: "p99", label: "p99", of: (row) => row.p99 },
  { key: "max", label: "max", of: (row) => row.max },
];

let operationRows = null;

function makeOverview() {
  operationRows = new Rows(byId("operations"), {
    height: 32,
    head: ORDERS.map(({ key, label, outcome, isText }) =>
      make(
        "span",
        { role: "columnheader", class: isText ? "name" : "number", "data-key": key },
        make(
          "button",
          { type: "button", click: () => orderBy(key) },
          outcome === undefined ? null : make("span", { class: `sign ${label}`, "aria-hidden": "true" }, OUTCOMES[outcome].sign),
          outcome === undefined ? null : " ",
          label,
        ),
      ),
    ),
    row: (index) => operationRow(figures.rows[index]),
    open: (index) => {
      setFilter({ name: `"${kinds[figures.rows[index].kind].path}"` });
      byId("operations").focus();
    },
  });
  OUTCOMES.forEach(({ word }, outcome) => {
    byId("outcomes").append(
      make(
        "button",
        { type: "button", class: `outcome ${word}`, id: `outcome-${word}`, click: () => turnOutcome(outcome) },
        make("span", { class: `sign ${word}`, "aria-hidden": "true" }, OUTCOMES[outcome].sign),
        make("span", { class: "word" }, word),
        " ",
        make("span", { class: "count" }),
      ),
    );
  });
  for (const field of ["name", "entity"]) {
    byId(field).addEventListener("input", (event) => setFilter({ [field]: event.target.value }));
  }
  byId("clear").addEventListener("click", () => {
    setFilter({ name: "", entity: "", hidden: new Set(), error: "", cause: "" });
    byId("name").focus();
  });
}

function turnOutcome(outcome) {
  const hidden = new Set(state.hidden);
  if (!hidden.delete(outcome)) hidden.add(outcome);
  setFilter({ hidden });
}

function orderBy(order) {
  change({ order });
  orderOperations();
  operationRows.show(figures.rows.length, 0);
}

function orderOperations() {
  const order = ORDERS.find(({ key }) => key === state.order) ?? ORDERS[1];
  const compare = order.isText
    ? (a, b) => (order.of(a) < order.of(b) ? -1 : order.of(a) > order.of(b) ? 1 : 0)
    : (a, b) => (order.of(b) || 0) - (order.of(a) || 0);
  figures.rows.sort((a, b) => compare(a, b) || b.calls - a.calls || a.kind - b.kind);
  for (const head of operationRows.head.children) {
    const isOrder = head.dataset.key === order.key;
    if (isOrder) head.setAttribute("aria-sort", order.isText ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
}

function operationRow(row) {
  const kind = kinds[row.kind];
  return make(
    "div",
    { title: kind.path },
    cell("name", make("span", { class: "namespace" }, `${kind.namespace} `), make("b", {}, kind.name)),
    cell("number", count(row.calls)),
    row.outcomes.map((number, outcome) => tally(outcome, number)),
    cell(`number ${row.slow > 0 ? "slow" : "nothing"}`, row.slow > 0 ? count(row.slow) : "–"),
    duration(row.p50),
    duration(row.p90),
    duration(row.p99),
    duration(row.max),
  );
}

/** How many kinds of errors or causes are told, the most frequent ones. */
const MOST_WHYS = 12;

function showWhys(id, key, all, outcome, nothing) {
  if (all.length === 0) {
    fill(byId(id), make("p", { class: "quiet" }, nothing));
    return;
  }
  const most = all[0].calls;
  const items = all.slice(0, MOST_WHYS).map(({ text, calls }) => {
    const bar = make("span", { class: `share ${OUTCOMES[outcome].word}`, "aria-hidden": "true" });
    bar.style.width = `${(100 * calls) / most}%`;
    const press = () => {
      setFilter({ [key]: state[key] === text ? "" : text });
      // The button that was pressed is another one now.
      [...byId(id).querySelectorAll("button")].find((button) => button.title === harmless(text))?.focus();
    };
    return make(
      "li",
      {},
      make(
        "button",
        { type: "button", "aria-pressed": String(state[key] === text), click: press, title: text },
        make("span", { class: "why" }, make("span", { class: "text" }, text || "(no type)"), exampleOfWhy(key, text)),
        make("span", { class: "bar" }, bar),
        make("span", { class: "number" }, count(calls)),
      ),
    );
  });
  const more = all.slice(MOST_WHYS);
  const calls = more.reduce((sum, one) => sum + one.calls, 0);
  fill(
    byId(id),
    make("ol", { class: "ranked" }, items),
    more.length > 0 && make("p", { class: "quiet" }, `and ${count(more.length)} more kinds, of ${counted(calls, "operation")}`),
  );
}

/** What one of the errors of a type says. */
function exampleOfWhy(key, text) {
  const message = key === "error" ? exampleOf.get(text) : undefined;
  return message !== undefined && make("span", { class: "example", title: message }, message);
}

/** Says how many are in neither ranking, so that nobody misses them there. */
function showToldInside() {
  const { failedInside, cancelledInside } = figures;
  const parts = [
    failedInside > 0 && counted(failedInside, "failure"),
    cancelledInside > 0 && counted(cancelledInside, "cancellation"),
  ].filter(Boolean);
  byId("told-inside").hidden = parts.length === 0;
  fill(byId("told-inside"), `${parts.join(" and ")} ${failedInside + cancelledInside === 1 ? "was" : "were"} told by an operation inside.`);
}

function dropWhy(key) {
  setFilter({ [key]: "" });
  byId("name").focus();
}

function showFilter() {
  for (const field of ["name", "entity"]) {
    if (byId(field).value !== state[field]) byId(field).value = state[field];
  }
  OUTCOMES.forEach(({ word }, outcome) => {
    const button = byId(`outcome-${word}`);
    button.setAttribute("aria-pressed", String(!state.hidden.has(outcome)));
    fill(button.querySelector(".count"), count(figures.offered[outcome]));
  });
  const chips = ["error", "cause"].filter((key) => state[key] !== "").map((key) =>
    make(
      "button",
      { type: "button", class: "chip", click: () => dropWhy(key), "aria-label": `No longer only ${key} ${state[key]}` },
      `${key}: ${state[key]} ✕`,
    ),
  );
  fill(byId("why"), chips);
  const taken = isFiltered() ? `${count(figures.taken)} of ${counted(size, "operation")}` : counted(size, "operation");
  fill(byId("taken"), `${taken} in ${counted(figures.traces.count, "trace")}${figures.slow > 0 ? `, ${count(figures.slow)} slow` : ""}`);
  byId("clear").hidden = !isFiltered();
}

function showOverview() {
  showActivity();
  orderOperations();
  operationRows.show(figures.rows.length);
  showWhys("errors", "error", figures.errors, FAILED, "No failure has told its error here.");
  showWhys("causes", "cause", figures.causes, CANCELLED, "No cancellation has told its cause here.");
  showToldInside();
  showTraces();
}

const sentences = {
  lost: (lost) => `${counted(lost, "record")} ${lost === 1 ? "was" : "were"} lost before reaching the log, as it says itself.`,
  open: (open) => `${counted(open, "operation")} never ended, as far as the log knows: the program still ran, or was killed, or the end was lost.`,
  passedOver: ({ count: number, words, first }) =>
    `${number === 1 ? "1 line was" : `${count(number)} lines were`} skipped, ${words}: ${number === 1 ? "" : "the first is "}${first}.`,
};

/** Says what the page does not have, whether the log is without it or there was no room. */
function showMissing() {
  const missing = [];
  if (said.lost > 0) missing.push(sentences.lost(said.lost));
  if (said.open > 0) missing.push(sentences.open(said.open));
  missing.push(...said.troubles.map((trouble) => `Not read to its end: ${trouble}.`));
  missing.push(...said.passed_over.map(sentences.passedOver));
  if (said.operations_left_out > 0) {
    missing.push(`${counted(said.operations_left_out, "operation")} had no room in this page: those of the earliest traces, or the last of one large trace.`);
  }
  if (said.payloads_left_out > 0) {
    missing.push(`The payloads of ${counted(said.payloads_left_out, "operation")} had no room: all else of them is here.`);
  }
  const orphans = missingParent.size;
  if (orphans > 0) missing.push(`${counted(orphans, "operation")} began inside one that the log does not have: a caller elsewhere, or a record that is missing.`);
  byId("missing").hidden = missing.length === 0;
  byId("missing").classList.toggle("grave", said.lost > 0 || said.troubles.length > 0);
  fill(byId("missing"), make("h2", {}, "What is missing"), make("ul", {}, missing.map((sentence) => make("li", {}, sentence))));
}

function showFrom() {
  const from = moment(0);
  const to = moment(columns.until);
  const period = `${from.day} ${from.time} – ${to.day === from.day ? "" : `${to.day} `}${to.time} UTC`;
  const files = said.files.length > 3 ? `${said.files.slice(0, 3).join(", ")} and ${counted(said.files.length - 3, "more file", "more files")}` : said.files.join(", ");
  fill(byId("from"), [files, counted(said.records, "record"), `${period} (${lasted(columns.until * 1_000)})`].join("  ·  "));
  fill(byId("made"), `Made by invocations ${said.version}. This page fetches nothing and sends nothing.`);
}
