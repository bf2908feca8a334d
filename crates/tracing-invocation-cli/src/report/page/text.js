// Texts as a person may see them, and elements made of them. Nothing of a log becomes markup: whatever it says is a text.

const HOSTILE =
  /[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text in which what acts, reorders or hides is an escape, as `tracing_invocation::format::harmless` does it. */
function harmless(text, isOfLines = false) {
  return text.replace(HOSTILE, (one) => {
    if (one === "\n" || one === "\t") return isOfLines ? one : one === "\n" ? "\\n" : "\\t";
    if (one === "\r") return "\\r";
    return `\\u{${one.codePointAt(0).toString(16)}}`;
  });
}

const byId = (id) => document.getElementById(id);

/** An element. Children are elements, texts, or nothing. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : typeof value === "string" ? harmless(value) : value);
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : harmless(String(child)));
  }
}

/** Puts these children in the place of those that are there. */
function fill(element, ...children) {
  element.replaceChildren();
  put(element, children);
}

const count = (number) => number.toLocaleString("en");

const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];

/** Nanoseconds, as `tracing_invocation::format::lasted` says them. */
function lasted(nanos) {
  const seconds = Math.floor(nanos / 1e9);
  const ofTwo = (large, unit, small, smaller) => `${large}${unit} ${String(small).padStart(2, "0")}${smaller}`;
  if (seconds >= 86_400) return ofTwo(Math.floor(seconds / 86_400), "d", Math.floor(seconds / 3_600) % 24, "h");
  if (seconds >= 3_600) return ofTwo(Math.floor(seconds / 3_600), "h", Math.floor(seconds / 60) % 60, "m");
  if (seconds >= 60) return ofTwo(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const unit = UNITS.find(([size]) => nanos >= size);
  if (!unit) return `${nanos} ns`;
  const [size, name] = unit;
  const whole = Math.floor(nanos / size);
  const rest = nanos % size;
  const digits = (places) => String(Math.floor((rest * 10 ** places) / size)).padStart(places, "0");
  if (whole < 10) return `${whole}.${digits(2)} ${name}`;
  if (whole < 100) return `${whole}.${digits(1)} ${name}`;
  return `${whole} ${name}`;
}

/** Whether a text matches a pattern with `*`, `?` and `[a-c]`, in time that grows no faster than both their lengths. */
function matchesPattern(parts, text) {
  let part = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part++;
      resume = at;
    } else if (wanted !== undefined && (typeof wanted === "function" ? wanted(text[at]) : wanted === text[at])) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (parts[part] === "*") part += 1;
  return part === parts.length;
}

/** What a pattern asks for, character by character. */
function partsOf(pattern) {
  const parts = [];
  const any = () => true;
  for (let at = 0; at < pattern.length; at += 1) {
    const end = pattern[at] === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (end > 0) {
      parts.push(oneOf(pattern.slice(at + 1, end)));
      at = end;
    } else if (pattern[at] === "?") {
      parts.push(any);
    } else if (pattern[at] === "*") {
      parts.push("*");
    } else {
      parts.push(pattern[at]);
    }
  }
  return parts;
}

function oneOf(set) {
  const isNegated = set[0] === "!" || set[0] === "^";
  const members = [];
  for (let at = isNegated ? 1 : 0; at < set.length; at += 1) {
    const isRange = set[at + 1] === "-" && at + 2 < set.length;
    members.push([set[at], isRange ? set[at + 2] : set[at]]);
    if (isRange) at += 2;
  }
  return (one) => members.some(([from, to]) => one >= from && one <= to) !== isNegated;
}

/**
 * What a filter asks for: `null` where it is empty, a part of the text where it has no `*`, `?` or `[`, and the whole text,
 * letter by letter, where it stands in quotes.
 */
function filterOf(pattern) {
  if (pattern === "") return null;
  if (pattern.length > 1 && pattern.startsWith('"') && pattern.endsWith('"')) {
    const whole = pattern.slice(1, -1);
    return (text) => text === whole;
  }
  const wanted = pattern.toLowerCase();
  if (!/[*?[]/.test(wanted)) return (text) => text.toLowerCase().includes(wanted);
  const parts = partsOf(wanted);
  return (text) => matchesPattern(parts, text.toLowerCase());
}
