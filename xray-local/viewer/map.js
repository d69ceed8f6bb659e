// The service map: who calls whom, how often, how fast and how well.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, news } from "/page/api.js";
import { Outcome, Problem, count, html, rate, seconds, useLoaded } from "/page/form.js";
import { Histogram } from "/page/histogram.js";
import { go, link, range, times } from "/page/place.js";

const NODE = { width: 170, height: 56 };
const MARGIN = 24;

export function MapView() {
  const { value: map, error } = useLoaded(() => ask("/local/map", times()), [range.value, news.value]);
  const [chosen, setChosen] = useState(null);
  const node = map?.nodes.find((node) => key(node) === chosen);
  return html`<section class="view" aria-label="Service map">
    <h1>Service map <small>last ${range.value}</small></h1>
    <${Problem} error=${error} />
    ${map && map.nodes.length === 0 && html`<${Nothing} />`}
    ${map &&
    map.nodes.length > 0 &&
    html`<div class="split">
      <${ServiceMap} map=${map} chosen=${chosen} onChoose=${(node) => setChosen(key(node))} />
      ${node && html`<${NodePanel} node=${node} map=${map} onClose=${() => setChosen(null)} />`}
    </div>
    <details class="list"><summary>The same as tables</summary><${Tables} map=${map} /></details>`}
  </section>`;
}

const key = (node) => `${node.name}\n${node.type}`;

export function Nothing() {
  const address = location.host;
  return html`<div class="nothing">
    <p>Nothing has come in this time. Point a program here:</p>
    <pre>export AWS_XRAY_DAEMON_ADDRESS=${address}
export AWS_ENDPOINT_URL_XRAY=${location.origin}</pre>
    <p>and send it a request. Nothing leaves this machine.</p>
  </div>`;
}

/** The gravest outcome of which there is something to be seen among a node's requests. */
function health(counts) {
  if (!counts || counts.total === 0) return null;
  if (counts.fault > 0) return "fault";
  if (counts.throttle > 0) return "throttle";
  return counts.error > 0 ? "error" : "ok";
}

export function ServiceMap({ map, chosen, onChoose }) {
  const size = { width: map.width + 2 * MARGIN, height: map.height + 2 * MARGIN };
  const { box, view, zoom, ...drag } = useZoom(size);
  return html`<div class="map">
    <svg ref=${box} viewBox=${`${view.x} ${view.y} ${view.width} ${view.height}`} ...${drag} aria-label="Service map" role="group">
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0 8 4 0 8z" class="arrow" />
        </marker>
      </defs>
      <g transform="translate(${MARGIN} ${MARGIN})">
        ${map.edges.map((edge) => html`<${Edge} edge=${edge} nodes=${map.nodes} />`)}
        ${map.nodes.map((node) => html`<${Node} node=${node} isChosen=${key(node) === chosen} onChoose=${onChoose} />`)}
      </g>
    </svg>
    <div class="zoom">
      <button onClick=${() => zoom(0.8)} aria-label="Zoom in">+</button>
      <button onClick=${() => zoom(1.25)} aria-label="Zoom out">−</button>
      <button onClick=${() => zoom(0)} aria-label="Show all">▣</button>
    </div>
  </div>`;
}

/** What part of a drawing is in sight: dragged by a pointer, zoomed by buttons and by the wheel with Ctrl. */
function useZoom(size) {
  const [view, setView] = useState({ x: 0, y: 0, ...size });
  const box = useRef(null);
  const from = useRef(null);
  useEffect(() => setView({ x: 0, y: 0, ...size }), [size.width, size.height]);
  const zoom = (factor) =>
    setView((old) => {
      if (factor === 0) return { x: 0, y: 0, ...size };
      const [width, height] = [old.width * factor, old.height * factor];
      return { x: old.x + (old.width - width) / 2, y: old.y + (old.height - height) / 2, width, height };
    });
  useEffect(() => {
    const wheel = (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.1 : 0.9);
    };
    const element = box.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [size.width, size.height]);
  return {
    box,
    view,
    zoom,
    onPointerDown: (event) => (from.current = { x: event.clientX, y: event.clientY, view }),
    onPointerUp: () => (from.current = null),
    onPointerLeave: () => (from.current = null),
    onPointerMove: (event) => {
      if (!from.current) return;
      const scale = from.current.view.width / box.current.clientWidth;
      const x = from.current.view.x - (event.clientX - from.current.x) * scale;
      const y = from.current.view.y - (event.clientY - from.current.y) * scale;
      setView({ ...from.current.view, x, y });
    },
  };
}

function Node({ node, isChosen, onChoose }) {
  const state = health(node.counts);
  const kind = node.members ? node.type : (node.type.split("::").slice(1).join(" ") || node.type || "service");
  const told = node.counts && [rate(node.counts.perMinute) || `${count(node.counts.total)} requests`, average(node.counts)].filter(Boolean).join(" · ");
  const choose = () => onChoose?.(node);
  return html`<g
    class="node ${state ?? "unknown"} ${isChosen ? "chosen" : ""}"
    transform="translate(${node.x - NODE.width / 2} ${node.y - NODE.height / 2})"
    role="button"
    tabindex="0"
    aria-pressed=${isChosen ? "true" : "false"}
    onClick=${choose}
    onKeyDown=${(event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    }}
  >
    <rect width=${NODE.width} height=${NODE.height} rx=${node.type === "client" ? NODE.height / 2 : 8} />
    <${Share} counts=${node.counts} />
    <text class="name" x=${NODE.width / 2} y="19" text-anchor="middle">${short(node.name, 22)}</text>
    <text class="kind" x=${NODE.width / 2} y="33" text-anchor="middle">${short(kind, 27)}</text>
    <text class="rate" x=${NODE.width / 2} y="47" text-anchor="middle">${state ? `${state} · ` : ""}${told ?? ""}</text>
  </g>`;
}

/** A strip along the foot of a node: the shares of the outcomes. */
function Share({ counts }) {
  if (!counts || counts.total === 0) return null;
  let x = 8;
  const width = NODE.width - 16;
  return ["ok", "error", "throttle", "fault"].map((outcome) => {
    const length = (counts[outcome] / counts.total) * width;
    const bar = length > 0 && html`<rect class="share ${outcome}" x=${x} y=${NODE.height - 5} width=${length} height="3" />`;
    x += length;
    return bar;
  });
}

function Edge({ edge, nodes }) {
  const [from, to] = [nodes[edge.from], nodes[edge.to]];
  const [x1, x2] = [from.x + NODE.width / 2, to.x - NODE.width / 2];
  const bend = Math.max(24, Math.abs(x2 - x1) / 2);
  const path = `M${x1} ${from.y} C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}`;
  const failed = edge.counts.fault > 0 ? "fault" : "";
  return html`<g class="edge ${failed} ${edge.isLink ? "link" : ""}">
    <path d=${path} marker-end="url(#arrow)" />
    <text x=${(x1 + x2) / 2} y=${(from.y + to.y) / 2 - 5} text-anchor="middle">${edge.isLink ? "later" : average(edge.counts)}</text>
    <text x=${(x1 + x2) / 2} y=${(from.y + to.y) / 2 + 11} text-anchor="middle">${rate(edge.counts.perMinute)}</text>
    <title>${from.name} to ${to.name}: ${edge.counts.total} ${edge.isLink ? "messages" : "requests"}${edge.counts.perMinute ? `, ${rate(edge.counts.perMinute)}` : ""}, ${edge.counts.fault} faults${spread(edge.counts)}</title>
  </g>`;
}

/** How long requests took, in words. */
function spread({ averageTime, median, p95 }) {
  if (median == null) return "";
  return `; ${seconds(averageTime)} on average, half within ${seconds(median)}, 19 of 20 within ${seconds(p95)}`;
}

function NodePanel({ node, map, onClose }) {
  const at = map.nodes.indexOf(node);
  const named = JSON.stringify(node.name);
  const filter = node.type === "client" ? "" : `service(${named})`;
  const choose = (from, to) => go({ to: "traces", filter: `service(${named}) { responsetime >= ${from.toFixed(4)} AND responsetime <= ${to.toFixed(4)} }` });
  const ends = (edges, end) => edges.map((edge) => map.nodes[edge[end]].name).join(", ") || "nobody";
  return html`<aside class="panel" aria-label="Chosen service">
    <header><h2>${node.name}</h2><button onClick=${onClose} aria-label="Close">×</button></header>
    <p class="quiet">${node.type || "A service that does not say what it runs on"}${node.isActive ? "" : ", known from its callers only"}</p>
    ${node.counts && html`<${Counts} counts=${node.counts} />`}
    ${node.members && html`<p>${node.members.join(", ")}</p>`}
    <dl>
      <dt>called by</dt><dd>${ends(map.edges.filter((edge) => edge.to === at), "from")}</dd>
      <dt>calls</dt><dd>${ends(map.edges.filter((edge) => edge.from === at), "to")}</dd>
    </dl>
    ${!node.members && node.counts && html`<${Histogram} times=${node.histogram} onChoose=${choose} />`}
    ${!node.members && html`<p><a href=${link({ to: "traces", filter })}>Its traces</a>${
      node.counts?.fault > 0 && html` · <a href=${link({ to: "traces", filter: `service(${named}) { fault = true }` })}>those with a fault</a>`
    }</p>`}
  </aside>`;
}

function Counts({ counts }) {
  return html`<table class="counts">
    <tbody>
      ${["ok", "error", "throttle", "fault"].map(
        (outcome) => html`<tr><th scope="row"><${Outcome} of=${outcome} /></th><td>${counts[outcome]}</td><td>${percent(counts[outcome], counts.total)}</td></tr>`,
      )}
      ${counts.perMinute != null && html`<tr><th scope="row">rate</th><td colspan="2">${rate(counts.perMinute)}</td></tr>`}
      <tr><th scope="row">average</th><td colspan="2">${average(counts)}</td></tr>
      ${counts.median != null && html`<tr><th scope="row">half within</th><td colspan="2">${seconds(counts.median)}</td></tr><tr><th scope="row">19 of 20 within</th><td colspan="2">${seconds(counts.p95)}</td></tr>`}
    </tbody>
  </table>`;
}

/** What the drawing shows, for those who read rather than look. */
function Tables({ map }) {
  const edges = map.edges.map((edge) => ({ ...edge, names: [map.nodes[edge.from].name, map.nodes[edge.to].name] }));
  return html`<div class="scrolls" tabindex="0" role="region" aria-label="Services as a table"><table>
      <caption>Services</caption>
      <thead><tr><th>service</th><th>type</th><${NumberHeads} /></tr></thead>
      <tbody>${map.nodes.map((node) => html`<tr><th scope="row">${node.name}</th><td>${node.type}</td><${Numbers} counts=${node.counts} /></tr>`)}</tbody>
    </table></div>
    <div class="scrolls" tabindex="0" role="region" aria-label="Calls as a table"><table>
      <caption>Calls</caption>
      <thead><tr><th>from</th><th>to</th><${NumberHeads} /></tr></thead>
      <tbody>${edges.map((edge) => html`<tr><th scope="row">${edge.names[0]}</th><td>${edge.names[1]}${edge.isLink ? html` <small>later</small>` : ""}</td><${Numbers} counts=${edge.counts} /></tr>`)}</tbody>
    </table></div>`;
}

const NUMBERS = [
  ["requests", (counts) => counts.total],
  ["rate", (counts) => rate(counts.perMinute)],
  ["average", average],
  ["half within", (counts) => (counts.median == null ? "" : seconds(counts.median))],
  ["19 of 20 within", (counts) => (counts.p95 == null ? "" : seconds(counts.p95))],
  ["errors", (counts) => counts.error],
  ["throttles", (counts) => counts.throttle],
  ["faults", (counts) => counts.fault],
];

const NumberHeads = () => NUMBERS.map(([name]) => html`<th class="number">${name}</th>`);

const Numbers = ({ counts }) => NUMBERS.map(([, value]) => html`<td class="number">${counts ? value(counts) : ""}</td>`);

function average({ averageTime }) {
  return averageTime == null ? "" : seconds(averageTime);
}

const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(part > 0 && part < whole ? 1 : 0)} %` : "");

const short = (text, length) => ([...text].length > length ? `${[...text].slice(0, length - 1).join("")}…` : text);
