// How things are written, and the small parts that views share.

import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import htm from "htm";
import { attributes, printable, shown } from "/page/text.js";

/** What is drawn of texts is printable, whoever sent them; what is handed to components stays as it is. */
const element = (type, given, ...parts) => h(type, typeof type === "string" ? attributes(given) : given, ...shown(parts));

export const html = htm.bind(element);

/** Each outcome with its sign, so that colour is never all there is. */
const SIGNS = { ok: "✓", error: "!", throttle: "≋", fault: "✕" };

export function Outcome({ of, text }) {
  return html`<span class="outcome ${of}"><span aria-hidden="true">${SIGNS[of]}</span> ${text ?? of}</span>`;
}

/** In seconds: below which time a unit is used, as the command line does; its size, and its name. */
const UNITS = [[0.0009995, 1e-6, "µs"], [9.9995, 1e-3, "ms"], [600, 1, "s"], [21_600, 60, "min"], [172_800, 3600, "h"], [Infinity, 86_400, "d"]];

/** A time in seconds, in the unit in which `most` is told. */
export function seconds(time, most = time) {
  if (time == null) return "in progress";
  const [, size, name] = UNITS.find(([below]) => Math.abs(most) < below) ?? UNITS.at(-1);
  const isWhole = name === "µs" || (name === "ms" && time >= 0.00995);
  return `${(time / size).toFixed(isWhole ? 0 : 1)} ${name}`;
}

/** The ends and the middle of an axis that begins at 0, in one unit; no middle where that would be one of the ends. */
export function scale(whole) {
  const [middle, end] = [seconds(whole / 2, whole), seconds(whole)];
  return ["0", middle === end || parseFloat(middle) === 0 ? "" : middle, end];
}

/** A difference of two times, in the unit in which `most` is told. */
export function signed(more, most) {
  if (Math.abs(more) < 0.00005) return "±0";
  return `${more > 0 ? "+" : "−"}${seconds(Math.abs(more), most)}`;
}

/** What the view is called where views are named: in tabs, in the history, in bookmarks. */
export function useTitle(title) {
  useEffect(() => {
    document.title = `${printable(title)} · xray-local`;
  }, [title]);
}

/** Requests a minute, or a second where they are many; nothing where that is not known. */
export function rate(perMinute) {
  if (perMinute == null) return "";
  if (perMinute >= 120) return `${Math.round(perMinute / 60)} / s`;
  return `${perMinute < 10 ? perMinute.toFixed(1).replace(/\.0$/, "") : Math.round(perMinute)} / min`;
}

/** A number of things, with its thousands apart. */
export const count = (number) => number.toLocaleString("en");

/** The average time of some requests; nothing where there was none. */
export function average({ averageTime }) {
  return averageTime == null ? "" : seconds(averageTime);
}

/** Nothing that is there is told as 0, and nothing that is not all as 100. */
export function share(part, whole) {
  if (!(whole > 0)) return "";
  const share = (100 * part) / whole;
  const text = share.toFixed(share < 10 || share > 99 ? 1 : 0).replace(/\.0$/, "");
  if (part > 0 && text === "0") return "< 0.1 %";
  return part < whole && text === "100" ? "> 99.9 %" : `${text} %`;
}

/** A rate from 0 to 1. */
export const percent = (rate) => `${(100 * rate).toFixed(2).replace(/\.?0+$/, "")} %`;

/** So many letters at the end of a long name stay in sight. */
const TAIL = 8;

/** A name that others chose: cut before its end where there is no room, with the whole of it for those who point at it. */
export function Name({ of }) {
  const letters = [...of];
  if (letters.length <= 2 * TAIL) return html`<bdi class="name-cut" title=${of}>${of}</bdi>`;
  return html`<bdi class="name-cut long" title=${of}><span>${letters.slice(0, -TAIL).join("")}</span><span>${letters.slice(-TAIL).join("")}</span></bdi>`;
}

/** Names, one behind the other. */
export const names = (all, between = ", ") => all.map((name, at) => [at > 0 && between, html`<bdi>${name}</bdi>`]);

/** A time to the millisecond, with its day where that is not today. */
export const clock = (time) => html`<${Time} time=${time} parts=${{ second: "2-digit", fractionalSecondDigits: 3 }} />`;

/** A time to the minute. */
export const minute = (time) => html`<${Time} time=${time} parts=${{}} />`;

function Time({ time, parts }) {
  const date = new Date(time * 1000);
  if (isNaN(date)) return "";
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { month: "short", day: "numeric" };
  const text = date.toLocaleString("en", { ...day, hour: "2-digit", minute: "2-digit", ...parts, hourCycle: "h23" });
  return html`<time datetime=${date.toISOString()} title=${date.toString()}>${text}</time>`;
}

/** A time as finely as a stretch of so many seconds wants it, with the day where it may be another. */
export function moment(time, stretch, isDayKnown = stretch < 43_200) {
  const day = isDayKnown ? {} : { month: "short", day: "numeric" };
  const second = stretch < 600 ? { second: "2-digit" } : {};
  const part = stretch < 10 ? { fractionalSecondDigits: 2 } : {};
  return new Date(time * 1000).toLocaleString("en", { ...day, hour: "2-digit", minute: "2-digit", ...second, ...part, hourCycle: "h23" });
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (count >= 1000 && unit < 3) {
    count /= 1000;
    unit += 1;
  }
  return `${unit ? count.toFixed(1) : count} ${units[unit]}`;
}

/** The gravest outcome of a trace's summary. */
export function outcomeOf(summary) {
  if (summary.HasFault) return "fault";
  if (summary.HasThrottle) return "throttle";
  return summary.HasError ? "error" : "ok";
}

/**
 * What `load` brings: at once when one of `question` changes, and again when `news` does, then no more than once a second and not before the
 * last has come. While something new is on its way the old stays; where there is none, `load` may show what it has so far.
 */
export function useLoaded(load, question, news) {
  const [state, setState] = useState({ value: undefined, error: null });
  const latest = useRef(load);
  const wake = useRef(null);
  const seen = useRef(news);
  latest.current = load;
  useEffect(() => {
    let [timer, last] = [null, 0];
    let [isOver, isBusy, isStale] = [false, false, false];
    const run = async () => {
      [timer, isBusy, isStale, last] = [null, true, false, Date.now()];
      const show = (change) => isOver || setState(change);
      try {
        const value = await latest.current((part) => show((old) => (old.value === undefined ? { value: part, error: null } : old)));
        show({ value, error: null });
      } catch (error) {
        show((old) => ({ ...old, error }));
      }
      isBusy = false;
      if (isStale && !isOver) wake.current();
    };
    wake.current = () => {
      if (isBusy) isStale = true;
      else if (!isOver) timer ??= setTimeout(run, Math.max(0, last + 1000 - Date.now()));
    };
    run();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, question);
  useEffect(() => {
    if (seen.current !== news) wake.current();
    seen.current = news;
  }, [news]);
  return state;
}

/** Whether the window is so narrow that rows need two lines. */
export function useNarrow() {
  const [query] = useState(() => matchMedia("(max-width: 760px)"));
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return isNarrow;
}

export function Problem({ error }) {
  return error && html`<p class="problem" role="alert">${error.message}</p>`;
}

/** What stands in a view until there is something to show, or why there is nothing. */
export function Loading({ value, error }) {
  return value === undefined && !error ? html`<p class="loading" role="status">Loading</p>` : html`<${Problem} error=${error} />`;
}

/** What is drawn only once it is unfolded, for most never do. */
export function Folded({ title, className, children }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details class=${className} onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>${title}</summary>${isOpen && children}</details>`;
}

/** The first of many, and a button for the others. */
export function Few({ all, most = 10, what, children }) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? all : all.slice(0, most);
  return html`${children(shown)}${all.length > shown.length && html`<p><button onClick=${() => setAll(true)}>show ${all.length - shown.length} more ${what}</button></p>`}`;
}
