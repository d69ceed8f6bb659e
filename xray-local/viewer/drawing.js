// A service map, drawn: nodes in their places, and the calls between them.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { average, count, html, rate, seconds, share } from "/page/form.js";
import { PARTS, place, pointOn, roomOf } from "/page/labels.js";
import { cutInside, printable } from "/page/text.js";
import { useZoom } from "/page/zoom.js";

const NODE = { width: 170, height: 56 };
const MARGIN = 24;
/** The room of the point of an arrow, in front of a node. */
const POINT = 9;

/** What tells a node from all others. */
export const key = (node) => node.cluster ?? `${node.name}\n${node.type}`;

/** The gravest outcome of which there is something to be seen among a node's requests. */
function health(counts) {
  if (!counts || counts.total === 0) return null;
  if (counts.fault > 0) return "fault";
  if (counts.throttle > 0) return "throttle";
  return counts.error > 0 ? "error" : "ok";
}

/** `opened` are the names of those that stood in a box that has just been opened: one goes there. `onOpened` is called once that is done. */
export function ServiceMap({ map, chosen, onChoose, opened, onOpened }) {
  const size = { width: map.width + 2 * MARGIN, height: map.height + 2 * MARGIN };
  // Where requests come from stands furthest to the left, and what is largest at the top.
  const first = map.nodes.reduce((first, node) => (node.x < first.x || (node.x === first.x && node.y < first.y) ? node : first));
  // Whoever comes by a link is where it leads to.
  const [at, setAt] = useState(chosen);
  const current = map.nodes.find((node) => key(node) === at);
  const { box, view, zoom, show, ...drag } = useZoom(size, first.y + MARGIN, current && placeOf(current));
  const go = (node) => {
    setAt(key(node));
    show(placeOf(node));
  };
  const before = useRef(null);
  useEffect(() => {
    const known = before.current;
    before.current = new Set(map.nodes.map(key));
    const inside = opened && known && map.nodes.find((node) => !known.has(key(node)) && (opened.includes(node.name) || node.cluster));
    if (!inside) return;
    onOpened();
    // Which is one of them, and goes into sight by it.
    box.current.querySelectorAll(".node")[map.nodes.indexOf(inside)].focus({ preventScroll: true });
  }, [map]);
  // While it is dragged and zoomed, what is drawn stays as it is.
  const calls = useMemo(() => callsOf(map), [map]);
  const drawing = useMemo(() => html`<${Drawing} map=${map} calls=${calls} chosen=${chosen} at=${at} onChoose=${onChoose} onFocus=${go} />`, [map, chosen, at]);
  return html`<div class="map">
    <svg ref=${box} style=${{ aspectRatio: `${size.width} / ${size.height}` }} viewBox=${`${view.x} ${view.y} ${view.width} ${view.height}`} ...${drag} aria-label="Service map" role="group">
      ${drawing}
    </svg>
    <div class="zoom">
      <button onClick=${() => zoom(0.8)} aria-label="Zoom in">+</button>
      <button onClick=${() => zoom(1.25)} aria-label="Zoom out">−</button>
      <button onClick=${() => zoom(0)} aria-label="Show all">▣</button>
    </div>
  </div>`;
}

const placeOf = (node) => ({ x: node.x + MARGIN, y: node.y + MARGIN, ...NODE });

/** The calls of a map with their curves and their labels, those that have a place among the others. */
function callsOf({ nodes, edges }) {
  const calls = edges.map((edge) => {
    const [from, to] = [nodes[edge.from], nodes[edge.to]];
    const ends = { from: { x: from.x + NODE.width / 2, y: from.y }, to: { x: to.x - NODE.width / 2, y: to.y } };
    const lines = [edge.isLink ? "later" : average(edge.counts), rate(edge.counts.perMinute)].filter(Boolean);
    return { edge, lines, curve: { ...ends, bend: Math.max(24, Math.abs(ends.to.x - ends.from.x) / 2) } };
  });
  const boxes = nodes.map(({ x, y }) => ({ left: x - NODE.width / 2 - POINT, right: x + NODE.width / 2, top: y - NODE.height / 2, bottom: y + NODE.height / 2 }));
  const labels = place(calls, boxes);
  return calls.map((call, number) => ({ ...call, label: labels[number] }));
}

function Drawing({ map, calls, chosen, at, onChoose, onFocus }) {
  const isNear = ({ edge }) => [edge.from, edge.to].some((end) => [chosen, at].includes(key(map.nodes[end])));
  // Those that one looks at lie above the others.
  const ordered = [...calls.filter((call) => !isNear(call)), ...calls.filter(isNear)];
  return html`<defs>
      ${["", "fault"].map((state) => html`<marker id=${`arrow${state}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
        <path d="M0 0 8 4 0 8z" class="arrow ${state}" />
      </marker>`)}
    </defs>
    <g transform="translate(${MARGIN} ${MARGIN})">
      ${ordered.map((call) => html`<${Edge} key=${`${call.edge.from} ${call.edge.to}`} ...${call} nodes=${map.nodes} isNear=${isNear(call)} />`)}
      ${map.nodes.map((node) => html`<${Node} key=${key(node)} node=${node} isChosen=${key(node) === chosen} onChoose=${onChoose} onFocus=${() => onFocus(node)} />`)}
    </g>`;
}

function Node({ node, isChosen, onChoose, onFocus }) {
  const state = health(node.counts);
  const kind = node.cluster ? node.type || "without a type" : (node.type.split("::").slice(1).join(" ") || node.type || "service");
  const told = node.counts && [rate(node.counts.perMinute) || `${count(node.counts.total)} request${node.counts.total === 1 ? "" : "s"}`, average(node.counts)].filter(Boolean).join(" · ");
  const line = [state && stateText(state, node.counts), told].filter(Boolean).join(" · ");
  // The rate stands at the calls, too.
  const shorter = [state && stateText(state, node.counts), average(node.counts ?? {})].filter(Boolean).join(" · ");
  const choose = () => onChoose?.(node);
  return html`<g
    class="node ${state ?? "unknown"} ${isSlight(state, node.counts) ? "slight" : ""} ${isChosen ? "chosen" : ""}"
    transform="translate(${node.x - NODE.width / 2} ${node.y - NODE.height / 2})"
    role="button"
    tabindex="0"
    aria-pressed=${node.cluster ? undefined : isChosen ? "true" : "false"}
    onClick=${choose}
    onFocus=${onFocus}
    onKeyDown=${(event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    }}
  >
    ${short(node.name, "name") !== node.name && html`<title>${[node.name, kind, line].filter(Boolean).join(" ")}</title>`}
    ${node.cluster && html`<rect class="behind" x="5" y="-5" width=${NODE.width} height=${NODE.height} rx="8" />`}
    <rect class="box" width=${NODE.width} height=${NODE.height} rx=${node.type === "client" ? NODE.height / 2 : 8} />
    <${Share} counts=${node.counts} />
    <text class="name" x=${NODE.width / 2} y="19" text-anchor="middle">${short(node.name, "name")}</text>
    <text class="kind" x=${NODE.width / 2} y="33" text-anchor="middle">${short(kind, "kind")}</text>
    <text class="rate" x=${NODE.width / 2} y="47" text-anchor="middle">${fits(line, "kind", NODE.width - 4) ? line : shorter}</text>
  </g>`;
}

/** How a node does, in words: how many fail, not only that some do. */
const stateText = (state, counts) => (state === "ok" ? "ok" : `${share(counts[state], counts.total)} ${state}`);

/** Whether what fails is so little that it does not deserve the eye first. */
const isSlight = (state, counts) => state && state !== "ok" && counts[state] / counts.total < 0.05;

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

/** A call. A label that has no place of its own is seen while one points at the call, or is at one of its ends. */
function Edge({ edge, nodes, lines, curve: { from, to, bend }, label, isNear }) {
  const path = `M${from.x} ${from.y} C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
  const failed = edge.counts.fault > 0 ? "fault" : "";
  const shown = label ?? { lines, ...pointOn({ from, to, bend }, PARTS[0]) };
  const room = shown.lines.length > 0 && roomOf(shown.lines, shown);
  return html`<g class="edge ${failed} ${edge.isLink ? "link" : ""} ${label ? "" : "crowded"} ${isNear ? "near" : ""}">
    <path class="reach" d=${path} />
    <path class="line" d=${path} marker-end="url(#arrow${failed})" />
    ${room && html`<rect x=${room.left} y=${room.top} width=${room.right - room.left} height=${room.bottom - room.top} rx="4" />`}
    ${shown.lines.map((line, at) => html`<text x=${shown.x} y=${shown.y + 4 + 13 * (at - (shown.lines.length - 1) / 2)} text-anchor="middle">${line}</text>`)}
    <title>${nodes[edge.from].name} to ${nodes[edge.to].name}: ${edge.counts.total} ${edge.isLink ? "messages" : "requests"}${edge.counts.perMinute ? `, ${rate(edge.counts.perMinute)}` : ""}, ${edge.counts.fault} faults${spread(edge.counts)}</title>
  </g>`;
}

/** How long requests took, in words. */
function spread({ averageTime, median, p95 }) {
  if (median == null) return "";
  return `; ${seconds(averageTime)} on average, half within ${seconds(median)}, 19 of 20 within ${seconds(p95)}`;
}

/** As the style sheet has them. */
const FONTS = { name: "600 13px system-ui, sans-serif", kind: "10.5px system-ui, sans-serif" };

const ROOM = NODE.width - 14;

const pen = document.createElement("canvas").getContext("2d");
const cuts = new Map();

function fits(text, font, room) {
  pen.font = FONTS[font];
  return pen.measureText(text).width <= room;
}

/** A text as much of which is left as goes into a node. */
function short(text, font) {
  const place = `${font} ${text}`;
  if (cuts.size > 5000) cuts.clear();
  if (!cuts.has(place)) cuts.set(place, cutInside(printable(text), (part) => fits(part, font, ROOM)));
  return cuts.get(place);
}
