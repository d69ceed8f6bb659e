// The service map: who calls whom, how often, how fast and how well.

import { useRef, useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { ServiceMap, key } from "/page/drawing.js";
import { Folded, Loading, Name, Outcome, average, count, html, names, rate, seconds, share, useLoaded, useTitle } from "/page/form.js";
import { Histogram } from "/page/histogram.js";
import { useKeys } from "/page/keys.js";
import { news } from "/page/news.js";
import { go, link, node as named, openBoxes, range, times, turn } from "/page/place.js";
import { TimedHeading } from "/page/range.js";

/** So many clusters of services are open at a time, the latest, as the server has it. */
const OPEN = 5;

export function MapView() {
  useTitle("Service map");
  const open = openBoxes.value;
  const { value: map, error } = useLoaded(() => ask("/local/map", { ...times(), open: open.join(",") }), [range.value, open.join(",")], news.value);
  const chosen = named.value;
  const [opened, setOpened] = useState(null);
  const openBox = (node) => {
    setOpened(node.members);
    go({ open: [...open, node.cluster].slice(-OPEN).join(",") });
  };
  const choose = (node) => (node.cluster ? openBox(node) : (chosen ? turn : go)({ node: key(node) }));
  const node = map?.nodes.find((node) => key(node) === chosen);
  const drawing = useRef(null);
  const close = () => {
    const isInPanel = document.activeElement?.closest(".panel");
    if (isInPanel) drawing.current.querySelector(".node.chosen")?.focus();
    turn({ node: "" });
  };
  return html`<section class="view" aria-label="Service map">
    <${TimedHeading}>Service map<//>
    <${Loading} value=${map} error=${error} />
    ${map && map.nodes.length === 0 && html`<${Nothing} />`}
    ${map &&
    map.nodes.length > 0 &&
    html`<${Clustered} map=${map} open=${open} onClose=${() => go({ open: "" })} />
    <div class="split" ref=${drawing}>
      <${ServiceMap} map=${map} chosen=${chosen} onChoose=${choose} opened=${opened} onOpened=${() => setOpened(null)} />
      ${node && html`<${NodePanel} node=${node} map=${map} onClose=${close} />`}
    </div>
    <${Folded} title="The same as tables" className="list"><${Tables} map=${map} /><//>`}
  </section>`;
}

/** That not every service stands alone, and how to see them. */
function Clustered({ map, open, onClose }) {
  const boxes = map.nodes.filter((node) => node.cluster);
  const clusters = boxes.length;
  const held = count(boxes.reduce((sum, box) => sum + box.members.length, 0));
  if (clusters === 0 && open.length === 0) return null;
  return html`<p class="tools quiet">${clusters > 0 && html`<span>${clusters === 1 ? "One box stands" : `${clusters} boxes stand`} for ${clusters === 1 ? `${held} services` : `${held} services together`}, and ${clusters === 1 ? "opens when it is" : "open when they are"} pressed.</span>`}
    ${open.length > 0 && html`<button onClick=${onClose}>put together again</button>`}</p>`;
}

export function Nothing() {
  const address = location.host;
  return html`<div class="nothing">
    <p>Nothing has come in this time. Point a program here:</p>
    <pre>export AWS_XRAY_DAEMON_ADDRESS=${address}
export AWS_ENDPOINT_URL_XRAY=${location.origin}</pre>
    <p>and send it a request. Nothing leaves this machine.</p>
  </div>`;
}

function NodePanel({ node, map, onClose }) {
  useKeys({ Escape: onClose });
  const at = map.nodes.indexOf(node);
  const named = JSON.stringify(node.name);
  const filter = node.type === "client" ? "" : `service(${named})`;
  const choose = (from, to) => go({ to: "traces", filter: `service(${named}) { responsetime >= ${from.toFixed(4)} AND responsetime <= ${to.toFixed(4)} }` });
  const ends = (edges, end) => (edges.length > 0 ? names(edges.map((edge) => map.nodes[edge[end]].name)) : "nobody");
  return html`<aside class="panel" aria-label="Chosen service">
    <header><h2>${node.name}</h2><button onClick=${onClose} aria-label="Close">×</button></header>
    <p class="quiet">${node.type || "A service that does not say what it runs on"}${node.isActive ? "" : ", known from its callers only"}</p>
    ${node.counts && html`<${Counts} counts=${node.counts} />`}
    <dl>
      <dt>called by</dt><dd>${ends(map.edges.filter((edge) => edge.to === at), "from")}</dd>
      <dt>calls</dt><dd>${ends(map.edges.filter((edge) => edge.from === at), "to")}</dd>
    </dl>
    ${node.counts && html`<${Histogram} times=${node.histogram} onChoose=${choose} />`}
    <p><a href=${link({ to: "traces", filter })}>Its traces</a>${
      node.counts?.fault > 0 && html` · <a href=${link({ to: "traces", filter: `service(${named}) { fault = true }` })}>those with a fault</a>`
    }</p>
  </aside>`;
}

function Counts({ counts }) {
  return html`<table class="counts">
    <tbody>
      ${["ok", "error", "throttle", "fault"].map(
        (outcome) => html`<tr><th scope="row"><${Outcome} of=${outcome} /></th><td class="number">${count(counts[outcome])}</td><td class="number">${share(counts[outcome], counts.total)}</td></tr>`,
      )}
      ${counts.perMinute != null && html`<tr><th scope="row">rate</th><td class="number" colspan="2">${rate(counts.perMinute)}</td></tr>`}
      <tr><th scope="row">average</th><td class="number" colspan="2">${average(counts)}</td></tr>
      ${counts.median != null && html`<tr><th scope="row">p50</th><td class="number" colspan="2">${seconds(counts.median)}</td></tr><tr><th scope="row">p95</th><td class="number" colspan="2">${seconds(counts.p95)}</td></tr>`}
    </tbody>
  </table>`;
}

/** So many of those that a box stands for are named. */
const NAMED = 20;

/** What the drawing shows, for those who read rather than look. */
function Tables({ map }) {
  const edges = map.edges.map((edge) => ({ ...edge, names: [map.nodes[edge.from].name, map.nodes[edge.to].name] }));
  return html`<div class="scrolls" tabindex="0" role="region" aria-label="Services as a table"><table>
      <caption>Services</caption>
      <thead><tr><th>service</th><th>type</th><${NumberHeads} /></tr></thead>
      <tbody>${map.nodes.map((node) => html`<tr><th scope="row"><${Name} of=${node.name} /></th><td>${node.type}${node.members && html` <small>${names(node.members.slice(0, NAMED))}${node.members.length > NAMED && `, and ${node.members.length - NAMED} more`}</small>`}</td><${Numbers} counts=${node.counts} /></tr>`)}</tbody>
    </table></div>
    <div class="scrolls" tabindex="0" role="region" aria-label="Calls as a table"><table>
      <caption>Calls</caption>
      <thead><tr><th>from</th><th>to</th><${NumberHeads} /></tr></thead>
      <tbody>${edges.map((edge) => html`<tr><th scope="row"><${Name} of=${edge.names[0]} /></th><td><${Name} of=${edge.names[1]} />${edge.isLink ? html` <small>later</small>` : ""}</td><${Numbers} counts=${edge.counts} /></tr>`)}</tbody>
    </table></div>`;
}

const NUMBERS = [
  ["requests", (counts) => counts.total],
  ["rate", (counts) => rate(counts.perMinute)],
  ["average", average],
  ["p50", (counts) => (counts.median == null ? "" : seconds(counts.median))],
  ["p95", (counts) => (counts.p95 == null ? "" : seconds(counts.p95))],
  ["errors", (counts) => counts.error],
  ["throttles", (counts) => counts.throttle],
  ["faults", (counts) => counts.fault],
];

const NumberHeads = () => NUMBERS.map(([name]) => html`<th class="number">${name}</th>`);

const Numbers = ({ counts }) => NUMBERS.map(([, value]) => html`<td class="number">${counts ? value(counts) : ""}</td>`);
