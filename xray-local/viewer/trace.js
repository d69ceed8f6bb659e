// One trace: its waterfall over all services, its own map, and what each part recorded.

import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, news } from "/page/api.js";
import { Problem, clock, html, seconds, useLoaded } from "/page/form.js";
import { ServiceMap } from "/page/map.js";
import { SegmentPanel } from "/page/panel.js";
import { id, link } from "/page/place.js";
import { Waterfall, hasChildren, visible } from "/page/waterfall.js";

/** A trace id as X-Ray writes it; W3C's 32 digits are taken, too. */
export function traceId(text) {
  const digits = text.trim().toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? `1-${digits.slice(0, 8)}-${digits.slice(8)}` : digits;
}

export function TraceView() {
  const wanted = traceId(id.value);
  const { value: trace, error } = useLoaded(() => ask(`/local/traces/${encodeURIComponent(wanted)}`), [wanted, news.value]);
  if (trace === null) return html`<section class="view"><h1>No such trace</h1><p class="nothing">Nothing is stored of <code>${wanted}</code>. <a href=${link({ to: "traces" })}>All traces</a></p></section>`;
  return html`<section class="view" aria-label="Trace"><${Problem} error=${error} />${trace && html`<${Trace} key=${trace.id} trace=${trace} />`}</section>`;
}

/** All documents of a trace by their ids. */
function byId(documents) {
  const found = new Map();
  const open = [...documents];
  while (open.length > 0) {
    const document = open.pop();
    found.set(document.id, document);
    open.push(...(document.subsegments ?? []));
  }
  return found;
}

function Trace({ trace }) {
  const [collapsed, setCollapsed] = useState(new Set());
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [showsPath, setShowsPath] = useState(false);
  const [showsMap, setShowsMap] = useState(false);
  const [search, setSearch] = useState("");
  const documents = useMemo(() => byId(trace.documents), [trace]);
  const shown = useMemo(() => visible(trace.rows, collapsed), [trace, collapsed]);
  const found = useMemo(() => matches(trace.rows, documents, search), [trace, search]);
  const row = trace.rows[shown[Math.min(at, shown.length - 1)]];

  const toggle = (rowId) => setCollapsed((old) => flipped(old, rowId));
  const jump = (number) => {
    if (number == null) return;
    setCollapsed(new Set());
    setAt(number);
  };
  const next = (step, isWanted) => {
    const here = shown[at];
    const order = trace.rows.map((_, number) => number);
    const ahead = step > 0 ? [...order.slice(here + 1), ...order.slice(0, here)] : [...order.slice(0, here).reverse(), ...order.slice(here + 1).reverse()];
    jump(ahead.find(isWanted));
  };
  const nextError = (step) => next(step, (number) => trace.rows[number].outcome !== "ok");
  const nextFound = (step) => next(step, (number) => found.has(number));
  const above = () => {
    let place = at;
    while (place > 0 && trace.rows[shown[place]].level >= row.level) place -= 1;
    setAt(place);
  };
  const move = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const expands = hasChildren(trace.rows, shown[at]);
    const keys = {
      ArrowDown: () => setAt(Math.min(shown.length - 1, at + 1)),
      ArrowUp: () => setAt(Math.max(0, at - 1)),
      PageDown: () => setAt(Math.min(shown.length - 1, at + 20)),
      PageUp: () => setAt(Math.max(0, at - 20)),
      Home: () => setAt(0),
      End: () => setAt(shown.length - 1),
      ArrowRight: () => (expands && collapsed.has(row.id) ? toggle(row.id) : setAt(Math.min(shown.length - 1, at + 1))),
      ArrowLeft: () => (expands && !collapsed.has(row.id) ? toggle(row.id) : above()),
      Enter: () => setOpen(!isOpen),
      Escape: () => setOpen(false),
      e: () => nextError(1),
      E: () => nextError(-1),
      n: () => nextFound(1),
      N: () => nextFound(-1),
      c: () => setShowsPath(!showsPath),
      y: () => navigator.clipboard?.writeText(trace.id),
      Y: () => navigator.clipboard?.writeText(JSON.stringify(documents.get(row.id), null, 2)),
      "[": () => setCollapsed(new Set(trace.rows.filter((_, number) => hasChildren(trace.rows, number)).map((row) => row.id))),
      "]": () => setCollapsed(new Set()),
    };
    const letters = { j: "ArrowDown", k: "ArrowUp", h: "ArrowLeft", l: "ArrowRight" };
    const act = keys[letters[event.key] ?? event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  useEffect(() => setAt((at) => Math.min(at, shown.length - 1)), [shown.length]);
  const failed = trace.rows.filter((row) => row.outcome !== "ok").length;
  return html`
    <h1>${request(trace)} <small>${seconds(trace.duration)}${trace.isPartial ? ", not whole yet" : ""}</small></h1>
    <p class="facts"><code>${trace.id}</code> · ${clock(trace.startTime)} · ${trace.rows.length} segments and subsegments${failed > 0 ? ` · ${failed} failed` : ""}</p>
    <div class="tools" role="toolbar" aria-label="Trace">
      <label><span class="hidden">Search in this trace</span><input type="search" placeholder="search in this trace" value=${search} onInput=${(event) => setSearch(event.currentTarget.value)} onKeyDown=${(event) => event.key === "Enter" && nextFound(event.shiftKey ? -1 : 1)} /></label>
      ${search && html`<span class="quiet" role="status">${found.size} found</span>`}
      <button onClick=${() => nextError(1)} disabled=${failed === 0}>next error (e)</button>
      <button aria-pressed=${String(showsPath)} onClick=${() => setShowsPath(!showsPath)}>critical path (c)</button>
      <button aria-pressed=${String(showsMap)} onClick=${() => setShowsMap(!showsMap)}>map</button>
      <a class="button" href=${file(trace)} download=${`${trace.id}.json`}>export</a>
    </div>
    ${showsMap && html`<${ServiceMap} map=${trace.map} />`}
    <div class="split">
      <${Waterfall} trace=${trace} shown=${shown} at=${at} collapsed=${collapsed} showsPath=${showsPath} found=${found} onMove=${move} onToggle=${toggle}
        onChoose=${(place) => (setAt(place), setOpen(true))} />
      ${isOpen && row && html`<${SegmentPanel} row=${row} document=${documents.get(row.id)} onClose=${() => setOpen(false)} />`}
    </div>`;
}

function flipped(set, value) {
  const other = new Set(set);
  if (!other.delete(value)) other.add(value);
  return other;
}

/** The rows in which a text stands, in whatever part of them. */
function matches(rows, documents, search) {
  const wanted = search.trim().toLowerCase();
  const found = new Set();
  if (wanted === "") return found;
  rows.forEach((row, number) => {
    const { subsegments, ...own } = documents.get(row.id) ?? {};
    if (JSON.stringify(own).toLowerCase().includes(wanted)) found.add(number);
  });
  return found;
}

function request(trace) {
  const { method = "", url } = trace.documents.find((document) => !document.parent_id)?.http?.request ?? {};
  return url ? `${method} ${url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/"}` : (trace.rows[0]?.name ?? "trace");
}

/** The trace as a file that `aws xray put-trace-segments` takes, without what was inferred. */
function file(trace) {
  const sent = trace.documents.filter((document) => !document.inferred).map((document) => JSON.stringify(document));
  const blob = new Blob([JSON.stringify({ TraceSegmentDocuments: sent }, null, 2)], { type: "application/json" });
  return URL.createObjectURL(blob);
}
