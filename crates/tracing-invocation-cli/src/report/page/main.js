// The page as a whole: from one view to the other, and the keys that hold everywhere.


function setFilter(changes) {
  change(changes);
  figure();
  showFilter();
  if (state.trace >= 0) showTrace(false);
  else showOverview();
}

let shownTrace = -1;

/** Shows what the state says. */
function show() {
  const isOfTrace = state.trace >= 0;
  byId("overview").hidden = isOfTrace;
  byId("trace").hidden = !isOfTrace;
  figure();
  showFilter();
  if (isOfTrace) showTrace(shownTrace !== state.trace);
  else showOverview();
  shownTrace = state.trace;
  document.title = isOfTrace ? `${harmless(kinds[kindOf[traceBegin[state.trace]]].name)} – ${title}` : title;
}

const title = document.title;

function openTrace(trace) {
  change({ trace, operation: -1 }, true);
  show();
  scrollTo(0, 0);
  byId("waterfall").focus({ preventScroll: true });
}

function closeTrace() {
  const { trace } = state;
  change({ trace: -1, operation: -1 }, true);
  if (trace >= 0) turnedGroups.set(kindOf[traceBegin[trace]], true);
  show();
  const index = listed.findIndex((one) => one.trace === trace);
  if (index >= 0) traceRows.go(index);
  byId("traces").focus();
}

/** Goes back by one step: out of a field, from an operation to its trace, from a trace to all. */
function goBack() {
  const { activeElement } = document;
  if (activeElement?.matches("input, select")) (state.trace >= 0 ? byId("waterfall") : byId("traces")).focus();
  else if (state.operation >= 0) closeDetails();
  else if (state.trace >= 0) closeTrace();
  else return false;
  return true;
}

const KEYS = {
  "/": () => {
    byId("name").focus();
    byId("name").select();
  },
  "?": () => byId("help").showModal(),
  t: () => showTheme(turnTheme()),
};

const KEYS_OF_TRACE = {
  "+": () => zoom(0.5),
  "=": () => zoom(0.5),
  "-": () => zoom(2),
  0: zoomToWhole,
  z: zoomToOperation,
};

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || byId("help").open) return;
  if (event.key === "Escape") {
    if (goBack()) event.preventDefault();
    return;
  }
  if (event.target.closest("input, select")) return;
  const keys = state.trace >= 0 ? { ...KEYS, ...KEYS_OF_TRACE } : KEYS;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

function showTheme() {
  fill(byId("theme"), isDark() ? "Light" : "Dark");
  byId("theme").setAttribute("aria-label", `Use ${isDark() ? "light" : "dark"} colours`);
}

readTheme();
showTheme();
readState();
makeOverview();
makeTraces();
makeWaterfall();
showMissing();
showFrom();
show();

addEventListener("popstate", () => {
  readState();
  show();
});
addEventListener("keydown", press);
addEventListener("resize", () => state.trace >= 0 && drawAxis());
byId("back").addEventListener("click", (event) => {
  event.preventDefault();
  closeTrace();
});
byId("keys").addEventListener("click", KEYS["?"]);
byId("theme").addEventListener("click", KEYS.t);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
matchMedia("print").addEventListener("change", ({ matches }) => Rows.print(matches));
addEventListener("beforeprint", () => Rows.print(true));
addEventListener("afterprint", () => Rows.print(false));
