// Long lists of which only the rows that are seen are in the document, moved through by keys.

/** How many rows are printed of a list. */
const MOST_PRINTED = 500;

/**
 * A list in `element`, which scrolls. `row(index)` makes a row's cells; `open(index)` is what Enter does, and `turn(index, isOpened)`
 * what the right and the left arrow do, which says where to go, if anywhere.
 */
class Rows {
  static all = [];

  constructor(element, { height, head, row, open = () => {}, turn = () => null, moved = () => {} }) {
    Object.assign(this, { element, height, makeRow: row, open, turn, moved, count: 0, active: 0, isPrinted: false });
    this.head = make("div", { class: "row head", role: "row" }, head ?? []);
    this.space = make("div", { class: "space", role: "presentation" });
    this.more = make("p", { class: "more", hidden: true });
    fill(element, this.head, this.space, this.more);
    element.tabIndex = 0;
    element.addEventListener("scroll", () => this.drawSoon(), { passive: true });
    element.addEventListener("keydown", (event) => this.press(event));
    element.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.drawSoon()).observe(element);
    Rows.all.push(this);
  }

  /** Shows so many rows, whatever was shown before. */
  show(rows, active = this.active) {
    this.count = rows;
    this.active = Math.max(Math.min(active, rows - 1), 0);
    this.space.style.height = `${rows * this.height}px`;
    this.element.setAttribute("aria-rowcount", rows + 1);
    this.draw();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { scrollTop, clientHeight } = this.element;
    const first = this.isPrinted ? 0 : Math.max(Math.floor(scrollTop / this.height) - 4, 0);
    const seen = this.isPrinted ? MOST_PRINTED : Math.ceil(clientHeight / this.height) + 8;
    const last = Math.min(first + seen, this.count);
    const drawn = [];
    for (let index = first; index < last; index += 1) drawn.push(this.drawRow(index));
    this.space.replaceChildren(...drawn);
    const isCut = this.isPrinted && last < this.count;
    this.more.hidden = this.count > 0 && !isCut;
    fill(this.more, isCut ? `and ${count(this.count - last)} more rows, which are not printed` : "Nothing matches the filter.");
    const isDrawn = this.active >= first && this.active < last;
    if (isDrawn) this.element.setAttribute("aria-activedescendant", this.idOf(this.active));
    else this.element.removeAttribute("aria-activedescendant");
  }

  idOf(index) {
    return `${this.element.id}-${index}`;
  }

  drawRow(index) {
    const row = this.makeRow(index);
    row.id = this.idOf(index);
    row.dataset.index = index;
    row.classList.add("row");
    row.classList.toggle("active", index === this.active);
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", index + 2);
    row.setAttribute("aria-selected", index === this.active);
    row.style.top = `${index * this.height}px`;
    return row;
  }

  /** Goes to a row and shows it. */
  go(index) {
    if (this.count === 0) return;
    this.active = Math.max(Math.min(index, this.count - 1), 0);
    const top = this.active * this.height;
    const room = this.element.clientHeight - this.head.offsetHeight - this.height;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top > scrollTop + room) this.element.scrollTop = top - room;
    this.draw();
    this.moved(this.active);
  }

  click(event) {
    const row = event.target.closest("[data-index]");
    if (!row || event.target.closest("a, button")) return;
    const index = Number(row.dataset.index);
    const turned = event.target.closest(".turn") ? this.turn(index, !row.matches("[aria-expanded=true]")) : null;
    this.go(turned ?? index);
    if (!event.target.closest(".turn")) this.open(index, false);
  }

  press(event) {
    if (event.target !== this.element || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(Math.floor(this.element.clientHeight / this.height) - 2, 1);
    const moves = {
      ArrowDown: () => this.active + 1,
      ArrowUp: () => this.active - 1,
      PageDown: () => this.active + page,
      PageUp: () => this.active - page,
      Home: () => 0,
      End: () => this.count - 1,
      ArrowRight: () => this.turn(this.active, true) ?? this.active,
      ArrowLeft: () => this.turn(this.active, false) ?? this.active,
    };
    if (event.key === "Enter" && this.count > 0) this.open(this.active, true);
    else if (Object.hasOwn(moves, event.key)) this.go(moves[event.key]());
    else return;
    event.preventDefault();
  }

  /** Puts every row into the document for as long as the page is printed. */
  static print(isPrinted) {
    for (const rows of Rows.all) {
      rows.isPrinted = isPrinted;
      rows.draw();
    }
  }
}

const cell = (className, ...children) => make("span", { class: className, role: "gridcell" }, children);

/** The sign of an outcome, with its word for those who do not see it. */
const sign = (outcome) =>
  make("span", { class: `sign ${OUTCOMES[outcome].word}`, role: "img", "aria-label": OUTCOMES[outcome].word }, OUTCOMES[outcome].sign);

/** A number of operations that ended so; nothing is a dash, which is read over. */
const tally = (outcome, number) =>
  cell(`number ${number > 0 ? OUTCOMES[outcome].word : "nothing"}`, number > 0 ? count(number) : "–");

const duration = (nanos) => cell("number", Number.isNaN(nanos) ? "–" : lasted(nanos));
