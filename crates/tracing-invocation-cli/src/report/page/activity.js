// When operations began: a picture of the whole log, in which a bad minute is seen.

const PARTS = 144;

/** What is drawn, from the ground up: what went wrong stands where it cannot be overlooked. */
const LAYERS = [[FAILED], [CANCELLED], [UNKNOWN, OPEN], [SUCCESS]];

/** How many operations that are taken began in each part of the log, by how they ended. */
function began() {
  const counts = OUTCOMES.map(() => new Uint32Array(PARTS));
  const length = Math.max(columns.until, 1);
  for (let at = 0; at < size; at += 1) {
    if (!isTaken[at]) continue;
    const part = Math.floor((PARTS * (traceAt[traceOf[at]] + beganAt[at])) / length);
    counts[outcomeOf[at]][Math.min(part, PARTS - 1)] += 1;
  }
  return counts;
}

const HEIGHT = 100;

/** The outline of one layer on what is below it, which it raises. */
function outline(heights, below) {
  const steps = [];
  for (let part = 0; part < PARTS; part += 1) {
    if (heights[part] === 0) continue;
    const top = HEIGHT - below[part] - heights[part];
    steps.push(`M${part + 0.08} ${HEIGHT - below[part]}V${top}H${part + 0.92}V${HEIGHT - below[part]}Z`);
    below[part] += heights[part];
  }
  return steps.join("");
}

function pictureOf(counts, most) {
  const picture = byId("picture").content.firstElementChild.cloneNode();
  picture.setAttribute("viewBox", `0 0 ${PARTS} ${HEIGHT}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const below = new Float64Array(PARTS);
  for (const layer of LAYERS) {
    // Whatever is there at all is high enough to be seen.
    const heights = Float64Array.from({ length: PARTS }, (_, part) => {
      const calls = layer.reduce((sum, outcome) => sum + counts[outcome][part], 0);
      return calls === 0 ? 0 : Math.max((HEIGHT * 0.94 * calls) / most, 3);
    });
    const path = document.createElementNS(picture.namespaceURI, "path");
    path.setAttribute("class", OUTCOMES[layer[0]].word);
    path.setAttribute("d", outline(heights, below));
    picture.append(path);
  }
  return picture;
}

function showActivity() {
  if (figures.taken === 0) {
    fill(byId("activity"), make("p", { class: "quiet" }, size === 0 ? "Nothing began." : "Nothing matches the filter."));
    return;
  }
  const counts = began();
  const all = Uint32Array.from({ length: PARTS }, (_, part) => counts.reduce((sum, of) => sum + of[part], 0));
  const most = Math.max(...all);
  const where = (part) => moment((part * columns.until) / PARTS).time.slice(0, 12);
  const peak = (of) => of.indexOf(Math.max(...of));
  const sentences = [`At most ${counted(most, "operation")}, at ${where(peak(all))}`];
  for (const outcome of [FAILED, CANCELLED]) {
    const part = peak(counts[outcome]);
    const calls = counts[outcome][part];
    if (calls > 0) sentences.push(`${count(calls)} that ${outcome === FAILED ? "failed" : calls === 1 ? "was cancelled" : "were cancelled"}, at ${where(part)}`);
  }
  fill(
    byId("activity"),
    pictureOf(counts, most),
    make("p", { class: "quiet" }, `${sentences.join("; ")}. A bar is ${lasted(Math.ceil((columns.until * 1_000) / PARTS))}.`),
  );
}
