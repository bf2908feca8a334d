// What is shown, kept in the fragment of the page's address: a reload or a link shows the same.

const state = { name: "", entity: "", hidden: new Set(), error: "", cause: "", order: "calls", traces: "time", trace: -1, operation: -1 };

const isFiltered = () =>
  state.name !== "" || state.entity !== "" || state.hidden.size > 0 || state.error !== "" || state.cause !== "";

function readState() {
  const of = new URLSearchParams(location.hash.slice(1));
  const text = (key) => of.get(key) ?? "";
  state.name = text("name");
  state.entity = text("entity");
  const hidden = text("hide").split(",");
  state.hidden = new Set([...OUTCOMES.keys()].filter((outcome) => hidden.includes(OUTCOMES[outcome].word)));
  state.error = text("error");
  state.cause = text("cause");
  state.order = text("order") || "calls";
  state.traces = text("traces") || "time";
  state.trace = traceOfId(text("trace"));
  state.operation = operationOfId(state.trace, text("operation"));
}

/** The fragment that says what is shown, or what would be with these changes. */
function fragment(changes = {}) {
  const { name, entity, hidden, error, cause, order, traces, trace, operation } = { ...state, ...changes };
  const to = new URLSearchParams();
  const say = (key, value) => value && to.set(key, value);
  say("name", name);
  say("entity", entity);
  say("hide", [...hidden].map((outcome) => OUTCOMES[outcome].word).join(","));
  say("error", error);
  say("cause", cause);
  say("order", order === "calls" ? "" : order);
  say("traces", traces === "time" ? "" : traces);
  say("trace", trace >= 0 ? traceId(trace) : "");
  say("operation", trace >= 0 && operation >= 0 ? spanId(operation) : "");
  return `#${to}`;
}

/** Changes what is shown. What goes somewhere else can be gone back from. */
function change(changes, goesElsewhere = false) {
  const address = fragment(changes);
  Object.assign(state, changes);
  if (address === (location.hash || "#")) return;
  if (goesElsewhere) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

const THEME = "invocations-theme";

/** Dark or light, as somebody chose, or else as the system is. */
function readTheme() {
  try {
    const theme = localStorage.getItem(THEME);
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing shows what the system says.
  }
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function turnTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // It holds until the page is left.
  }
}
