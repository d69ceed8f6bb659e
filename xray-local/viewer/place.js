// Where in the page one is: the view, what it shows, and of what time. All of it stands in the address, so that every view has a link.

import { computed, signal } from "@preact/signals";
import { moment } from "/page/form.js";

/** The ranges of time that can be chosen, in seconds back from now. All of it holds what clocks that are ahead say, too. */
export const RANGES = { "5m": 300, "15m": 900, "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800, "30d": 2592000, all: Infinity };

const USUAL_RANGE = "15m";

const address = signal(read());

window.addEventListener("hashchange", () => (address.value = read()));

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = "", second = ""] = path.split("/").map(decode);
  const words = new URLSearchParams(query);
  // Two traces may stand behind one another, as their ids do where they are written down.
  if (second && !words.has("with")) words.set("with", second);
  return { view: view || "map", id, words };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const view = computed(() => address.value.view);
export const id = computed(() => address.value.id);
export const filter = computed(() => address.value.words.get("filter") ?? "");
export const other = computed(() => address.value.words.get("with") ?? "");
export const segment = computed(() => address.value.words.get("segment") ?? "");
/** The chosen node of the map, and the boxes of it that were opened, in their order. */
export const node = computed(() => address.value.words.get("node") ?? "");
export const openBoxes = computed(() => (address.value.words.get("open") ?? "").split(",").filter(Boolean));
export const group = computed(() => address.value.words.get("group") ?? "");
export const range = computed(() => {
  const chosen = address.value.words.get("range");
  return Object.hasOwn(RANGES, chosen) || stretch(chosen) ? chosen : USUAL_RANGE;
});

/** A range that does not go up to now, from its first to its last second since 1970. */
export const between = (start, end) => `${start.toFixed(3)}..${end.toFixed(3)}`;

/** Null of a range that does. */
function stretch(range) {
  const [, start, end] = /^(\d{1,10}(?:\.\d+)?)\.\.(\d{1,10}(?:\.\d+)?)$/.exec(range) ?? [];
  return Number(start) < Number(end) ? { start: Number(start), end: Number(end) } : null;
}

/** The range in words, as they stand behind what is told of it. */
export const period = computed(() => {
  const chosen = stretch(range.value);
  if (chosen) return `from ${spelled(chosen)}`;
  return range.value === "all" ? "of all times" : `in the last ${range.value}`;
});

/** What the range is called among others to choose from; null where it is one of these. */
export const ownRange = computed(() => {
  const chosen = stretch(range.value);
  return chosen && spelled(chosen);
});

function spelled({ start, end }) {
  const isToday = new Date(start * 1000).toDateString() === new Date().toDateString();
  return `${moment(start, end - start, isToday)} to ${moment(end, end - start)}`;
}

/** Behind every trace, in seconds since 1970. */
const NEVER = 1e11;

/** The chosen time as it is now, in seconds since 1970. */
export function times() {
  const chosen = stretch(range.value);
  if (chosen) return chosen;
  if (range.value === "all") return { start: 0, end: NEVER };
  const now = Date.now() / 1000;
  // What is sent by a clock that is a little ahead is shown, too.
  return { start: now - RANGES[range.value], end: now + 60 };
}

/** What stays as long as one does in the view. */
const OWN = { map: ["node", "open"] };

/** The address of a view. What is not named stays as it is. */
export function link({ to = view.value, id = "", ...words }) {
  const own = to === view.value ? (OWN[to] ?? []) : [];
  const kept = { range: range.value, filter: filter.value, ...Object.fromEntries(own.map((name) => [name, address.value.words.get(name)])), ...words };
  const usual = { range: USUAL_RANGE };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(kept)) {
    if (value && value !== usual[name]) query.set(name, value);
  }
  const path = id ? `${to}/${encodeURIComponent(id)}` : to;
  const text = query.toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function go(target) {
  location.hash = link(target);
}

/** The same without a step to go back. */
export function turn(target) {
  location.replace(link(target));
}

/** How trace ids are written: as X-Ray's, as W3C's 32 digits, and within the headers of both. */
const IDS = [
  /^(?:1-?)?([0-9a-f]{8})-?([0-9a-f]{24})$/,
  /^(?:traceparent:\s*)?[0-9a-f]{2}-([0-9a-f]{8})([0-9a-f]{24})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/,
  /^(?:.*[;\s])?root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;.*)?$/,
];

/** The trace id that a text is, as X-Ray writes it. Null where it is none. */
export function idIn(text) {
  const plain = text.trim().toLowerCase();
  const [, time, rest] = IDS.map((id) => id.exec(plain)).find(Boolean) ?? [];
  return time ? `1-${time}-${rest}` : null;
}

/** The same, or the text where it is none. */
export const traceId = (text) => idIn(text) ?? text.trim().toLowerCase();
