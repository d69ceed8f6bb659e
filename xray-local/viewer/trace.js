// One trace: its waterfall over all services, its own map, and what each part recorded.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { may } from "/page/access.js";
import { ask } from "/page/api.js";
import { ServiceMap } from "/page/drawing.js";
import { Loading, Outcome, clock, count, html, seconds, useLoaded, useTitle } from "/page/form.js";
import { Findings } from "/page/findings.js";
import { news } from "/page/news.js";
import { SegmentPanel } from "/page/panel.js";
import { go, id, link, segment, traceId, turn } from "/page/place.js";
import { Removal } from "/page/removal.js";
import { useTree } from "/page/tree.js";
import { Waterfall } from "/page/waterfall.js";

export function TraceView() {
  const wanted = traceId(id.value);
  if (!wanted) return html`<section class="view"><h1>Trace</h1><${Unnamed} /></section>`;
  return html`<${Wanted} key=${wanted} wanted=${wanted} />`;
}

/** Where an address ends before the id. */
export const Unnamed = () => html`<p class="nothing">This address names no trace. <a href=${link({ to: "traces" })}>All traces</a></p>`;

function Wanted({ wanted }) {
  const { value: trace, error } = useLoaded(() => ask(`/local/traces/${encodeURIComponent(wanted)}`), [wanted], news.value);
  useTitle(trace === null ? "No such trace" : trace ? `${request(trace)} ${wanted}` : `Trace ${wanted}`);
  if (trace === null) return html`<section class="view"><h1>No such trace</h1><p class="nothing">Nothing is stored of <code>${wanted}</code>. <a href=${link({ to: "traces" })}>All traces</a></p></section>`;
  return html`<section class="view" aria-label="Trace">${!trace && html`<h1>Trace</h1>`}<${Loading} value=${trace} error=${error} />${trace && html`<${Trace} key=${trace.id} trace=${trace} />`}</section>`;
}

/** All documents of a trace by their ids. */
export function byId(documents) {
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
  const isOpen = segment.value !== "";
  const open = (row) => (isOpen ? turn : go)({ to: "trace", id: trace.id, segment: row.id });
  const close = () => isOpen && turn({ to: "trace", id: trace.id });
  const [showsPath, setShowsPath] = useState(false);
  const [showsMap, setShowsMap] = useState(false);
  const [showsFindings, setShowsFindings] = useState(false);
  const [asksRemoval, setAsksRemoval] = useState(false);
  const { value: findings, error: failure } = useLoaded(() => ask(`/local/traces/${trace.id}/findings`), [trace.id, trace.documents.length]);
  const [search, setSearch] = useState("");
  const documents = useMemo(() => byId(trace.documents), [trace]);
  const found = useMemo(() => matches(trace.rows, documents, search), [trace, search]);
  const isFailed = (number) => trace.rows[number].outcome !== "ok";
  const tree = useTree(trace.rows, {
    Enter: ({ row }) => (isOpen ? close() : open(row)),
    Escape: close,
    e: ({ next }) => next(1, isFailed),
    E: ({ next }) => next(-1, isFailed),
    n: ({ next }) => next(1, (number) => found.has(number)),
    N: ({ next }) => next(-1, (number) => found.has(number)),
    c: () => setShowsPath(!showsPath),
    Delete: () => setAsksRemoval(may("DeleteTraces")),
    x: () => go({ to: "compare", id: trace.id }),
    y: () => navigator.clipboard?.writeText(trace.id),
    Y: ({ row }) => navigator.clipboard?.writeText(JSON.stringify(documents.get(row.id), null, 2)),
  });
  useSegment(trace, tree);
  const failed = trace.rows.filter((row) => row.outcome !== "ok").length;
  return html`
    <h1>${request(trace)} <small><${Result} trace=${trace} />${trace.isPartial ? ", not whole yet" : ""}</small></h1>
    <p class="facts"><code>${trace.id}</code> · ${clock(trace.startTime)} · ${trace.rows.length === 1 ? "1 segment" : `${count(trace.rows.length)} segments and subsegments`}${failed > 0 ? ` · ${count(failed)} failed` : ""}</p>
    <div class="tools" role="toolbar" aria-label="Trace">
      <label><span class="hidden">Search in this trace</span><input type="search" placeholder="search in this trace" value=${search} onInput=${(event) => setSearch(event.currentTarget.value)} onKeyDown=${(event) => event.key === "Enter" && tree.next(event.shiftKey ? -1 : 1, (number) => found.has(number))} /></label>
      ${search && html`<span class="quiet" role="status">${found.size} found</span>`}
      <button onClick=${() => tree.next(1, isFailed)} disabled=${failed === 0}>next error (e)</button>
      <button aria-pressed=${String(showsPath)} onClick=${() => setShowsPath(!showsPath)}>critical path (c)</button>
      <button aria-pressed=${String(showsMap)} onClick=${() => setShowsMap(!showsMap)}>map</button>
      <button aria-pressed=${String(showsFindings)} onClick=${() => setShowsFindings(!showsFindings)} disabled=${!findings?.count} title=${failure?.message}>${toldOf(findings, failure)}</button>
      <a class="button" href=${link({ to: "compare", id: trace.id })}>compare (x)</a>
      <a class="button" href=${file(trace)} download=${`${trace.id}.json`}>export</a>
      ${may("DeleteTraces") && html`<button onClick=${() => setAsksRemoval(true)}>delete (del)</button>`}
    </div>
    ${asksRemoval && html`<${Removal} trace=${trace} onClose=${() => setAsksRemoval(false)} />`}
    ${showsFindings && findings && html`<${Findings} ...${findings} onGo=${(id) => tree.next(1, (number) => trace.rows[number].id === id)} />`}
    ${showsMap && html`<${ServiceMap} map=${trace.map} />`}
    <div class="split">
      <${Waterfall} trace=${trace} tree=${tree} showsPath=${showsPath} found=${found} onChoose=${(place) => (tree.setAt(place), open(trace.rows[tree.shown[place]]))} />
      ${isOpen && tree.row && html`<${SegmentPanel} trace=${trace.id} row=${tree.row} document=${documents.get(tree.row.id)} onClose=${close} />`}
    </div>`;
}

/** How it ended. What goes on may still go wrong. */
function Result({ trace }) {
  const outcome = trace.rows[0]?.outcome ?? "ok";
  if (trace.duration != null) return html`<${Outcome} of=${outcome} /> in ${seconds(trace.duration)}`;
  return html`${outcome !== "ok" && html`<${Outcome} of=${outcome} />, `}in progress`;
}

/** Keeps the segment of the address and the row that one is at the same while a panel is open: who follows a link goes to its row, who goes to another row changes the link. */
function useSegment(trace, tree) {
  const known = useRef("");
  const [named, current] = [segment.value, tree.row?.id];
  useEffect(() => {
    const isFollowed = named !== known.current;
    known.current = named;
    if (!named || named === current) return;
    if (isFollowed) tree.next(1, (number) => trace.rows[number].id === named);
    else if (current) {
      known.current = current;
      turn({ to: "trace", id: trace.id, segment: current });
    }
  }, [named, current]);
}

/** How much was found, once it was looked for. */
function toldOf(findings, failure) {
  if (!findings) return failure ? "findings unknown" : "looking for findings…";
  if (findings.count === 0) return "no findings";
  return findings.count === 1 ? "1 finding" : `${count(findings.count)} findings`;
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
