// How the server itself does: what comes in, what waits, what is kept, and what was lost.

import { ask } from "/page/api.js";
import { Loading, Outcome, bytes, clock, count, html, useLoaded, useTitle } from "/page/form.js";
import { news } from "/page/news.js";

export function HealthView() {
  useTitle("Health");
  const { value: health, error } = useLoaded(() => ask("/local/health"), [], news.value);
  return html`<section class="view" aria-label="Health">
    <h1>Health ${health && html`<small>xray-local ${health.version}</small>`}</h1>
    <${Loading} value=${health} error=${error} />
    ${health && html`<${Verdict} ...${health} />
      <div class="cards">
        <${Card} title="What came over UDP" facts=${datagrams(health.datagrams)} />
        <${Card} title="What waits" facts=${queue(health)} />
        <${Card} title="What is kept" facts=${kept(health.store)} />
        <${Card} title="Who is connected" facts=${connected(health.connections)} />
      </div>
      <${Daemons} daemons=${health.daemons} />`}
  </section>`;
}

/** What was lost here, in words with the cure. */
function losses({ datagrams, store }) {
  return [
    [datagrams.overrun, "datagram", "dropped by the kernel, for they came faster than they were read. Give the machine more room: sysctl net.core.rmem_max"],
    [datagrams.refused, "document", "that found the queue full, for the disk was slower than what came, or full"],
    [datagrams.missingDocument, "datagram", "without a document behind the header line"],
    [datagrams.invalidHeader, "datagram", 'without {"format":"json","version":1} and a line end in front: is it an X-Ray SDK that sends?'],
    [datagrams.socketErrors, "read", "of the socket that failed"],
    [store.rejected, "document", "refused, because X-Ray would; the ledger says why"],
    [store.unwritten, "document", "that could not be written"],
  ].filter(([number]) => number > 0);
}

function Verdict(health) {
  const lost = losses(health);
  const { trouble, evictedTraces } = health.store;
  return html`${trouble && html`<p class="problem" role="alert">${trouble}</p>`}
    ${lost.length === 0 && !trouble && html`<p><${Outcome} of="ok" text="Nothing was lost since the server started." /></p>`}
    ${lost.length > 0 && html`<ul class="losses">${lost.map(([number, noun, what]) => html`<li><${Outcome} of="fault" text=${`${count(number)} ${noun}${number === 1 ? "" : "s"} ${what}`} /></li>`)}</ul>`}
    ${evictedTraces > 0 && html`<p class="quiet">${count(evictedTraces)} old traces made room for newer ones, as they are meant to.</p>`}`;
}

const datagrams = (counts) => [
  ["datagrams", counts.received],
  ["documents taken", counts.accepted],
  ["without a document", counts.missingDocument],
  ["with a wrong header", counts.invalidHeader],
  ["found the queue full", counts.refused],
  ["dropped by the kernel", counts.overrun],
  ["failed reads", counts.socketErrors],
];

const queue = ({ queue, store }) => [
  ["documents to be stored", queue.documents],
  ["room that they take", `${bytes(queue.bytes)} of ${bytes(queue.room)}`],
  ["traces to be put together", store.unsettled],
];

const connected = (connections) => [
  ["connections", connections.open],
  ["of these told what happens", connections.streams],
  ["closed, for they asked for nothing", connections.closed],
  ["turned away, for there was no room", connections.refused],
];

const kept = (store) => [
  ["documents stored since the start", store.stored],
  ["documents refused since the start", store.rejected],
  ["not written", store.unwritten],
  ["traces", store.mostTraces ? `${count(store.traces)} of ${count(store.mostTraces)}` : store.traces],
  ["room taken", `${bytes(store.bytes)} of ${bytes(store.mostBytes)}`],
  ["kept for", `${Math.round(store.mostAge / 86400)} days`],
  ["traces that made room", store.evictedTraces],
  ["traces deleted", store.removedTraces],
  ["encrypted", store.encryptionKey ? `with ${store.encryptionKey}` : "no"],
];

function Card({ title, facts }) {
  return html`<section class="card" aria-label=${title}><h2>${title}</h2><dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${typeof value === "number" ? count(value) : value}</dd>`)}</dl></section>`;
}

function Daemons({ daemons }) {
  return html`<h2>What daemons report</h2>
    ${daemons.length === 0
      ? html`<p class="nothing">No daemon has sent telemetry records. One that is set up to send here does so every minute.</p>`
      : html`<div class="scrolls" tabindex="0" role="region" aria-label="What daemons report"><table>
          <thead><tr><th>daemon</th><th>last report</th><th class="number">segments received</th><th class="number">sent</th><th class="number">dropped</th><th class="number">refused</th><th class="number">failed calls</th></tr></thead>
          <tbody>${daemons.map(
            (daemon) => html`<tr><th scope="row">${daemon.name}</th><td>${clock(daemon.last)}</td>${["received", "sent", "spilled", "rejected", "failures"].map((name) => html`<td class="number">${count(daemon[name])}</td>`)}</tr>`,
          )}</tbody>
        </table></div>`}`;
}
