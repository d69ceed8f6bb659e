// What came in, and what became of it: by service, by the way on which it came, and before it came.

import { ask } from "/page/api.js";
import { Few, Loading, Name, Outcome, bytes, clock, count, html, useLoaded, useTitle } from "/page/form.js";
import { SEVERITIES } from "/page/findings.js";
import { news } from "/page/news.js";

const WAYS = { udp: "UDP", api: "API", program: "own program" };

export function LedgerView() {
  useTitle("Ledger");
  const { value: ledger, error } = useLoaded(() => ask("/local/ledger"), [], news.value);
  return html`<section class="view" aria-label="Ledger">
    <h1>Ledger</h1>
    <p class="lead">Every document that came, and what became of it. What X-Ray would drop or cut is stored here as it came, and told.</p>
    <${Loading} value=${ledger} error=${error} />
    ${ledger && html`<${Totals} ...${ledger} /><${Services} services=${ledger.services} /><${Programs} programs=${ledger.programs} /><${Refused} all=${ledger.rejections} />`}
  </section>`;
}

function Totals({ stored, rejected, unwritten, traces, evictedTraces, removedTraces, bytes: room }) {
  const facts = [
    ["stored since the server started", count(stored)],
    ["refused since the server started", count(rejected)],
    unwritten > 0 && ["not written, for want of room", count(unwritten)],
    ["traces kept", count(traces)],
    evictedTraces > 0 && ["traces that made room", count(evictedTraces)],
    removedTraces > 0 && ["traces deleted", count(removedTraces)],
    ["room taken", bytes(room)],
  ];
  return html`<dl class="figures">${facts.filter(Boolean).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function Services({ services }) {
  return html`<h2>By service, since the server started</h2>
    ${services.length === 0
      ? html`<p class="nothing">Nothing has come since the server was started.</p>`
      : html`<div class="scrolls stacks" tabindex="0" role="region" aria-label="By service"><table>
          <thead><tr><th>service</th><th>came by</th><th class="number">stored</th><th class="number">refused</th><th>what was found in them</th><th>last</th></tr></thead>
          <tbody>${byName(services).map((service) => html`<${Service} key=${`${service.of} ${service.service} ${service.source}`} ...${service} />`)}</tbody>
        </table></div>`}`;
}

/** Services by their names, and behind them what belongs to none. */
const byName = (services) => [...services].sort((one, other) => (one.service == null) - (other.service == null) || (one.service ?? "").localeCompare(other.service ?? ""));

function Service({ service, of, source, taken, refused, unwritten, inspected, findings, last }) {
  const sum = (tallies) => tallies.reduce((sum, tally) => sum + tally.documents, 0);
  return html`<tr>
    <th scope="row">${service == null ? html`<i>${of}</i>` : html`<${Name} of=${service} />`}</th>
    <td data-head="came by">${WAYS[source]}</td>
    <td data-head="stored" class="number">${count(taken)}</td>
    <td data-head="refused" class="number">${count(sum(refused) + unwritten)}</td>
    <td data-head="found" class="text"><div><${Tallies} all=${[...refused.map((tally) => ({ ...tally, isRefused: true })), ...findings]} seen=${inspected} missed=${taken - inspected} />${unwritten > 0 && html`<p>${unwritten} could not be written, for want of room.</p>`}</div></td>
    <td data-head="last" class="whole-line">${clock(last)}</td>
  </tr>`;
}

/** What became of a document here, or would become of it in AWS. */
const FATES = { rejected: "X-Ray would reject", dropped: "X-Ray would drop", cut: "X-Ray would cut" };

/** What was found, the gravest first, each with its cure folded away. Of those stored `seen` were looked at, and `missed` came too fast. */
function Tallies({ all, seen, missed }) {
  const rest = missed > 0 && `in the ${count(seen)} that ${seen === 1 ? "was" : "were"} looked at; ${count(missed)} came too fast`;
  if (all.length === 0) return rest ? html`<span class="quiet">nothing ${rest}</span>` : html`<${Outcome} of="ok" text="nothing" />`;
  const order = Object.keys(SEVERITIES);
  const sorted = [...all].sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
  return html`<${Few} all=${sorted} most=${4} what="kinds">${(shown) => html`<ul class="tallies">${shown.map(
    ({ code, severity, isRefused, documents, cure }) => html`<li><details><summary><${Outcome} of=${SEVERITIES[severity]} text=${isRefused ? "refused" : (FATES[severity] ?? severity)} /> ${code} <small>in ${count(documents)}</small></summary>${cure}.</details></li>`,
  )}</ul>`}<//>${rest && html`<small>${rest}</small>`}`;
}

/** What recorders say of themselves: what they repaired, cut and lost before anything could come here. */
function Programs({ programs }) {
  const columns = [["segments", "recorded"], ["unsampled", "not recorded"], ["repaired", "names and keys changed"], ["trimmed", "values cut"], ["incomplete", "never closed"], ["lost", "lost"]];
  return html`<h2>Before it came</h2>
    ${programs.length === 0
      ? html`<p class="quiet">No program has told what it repaired or lost. Programs with xray-sdk do where <code>AWS_XRAY_REPORT_HEALTH=true</code> is set, as <code>xray-local run</code> sets it.</p>`
      : html`<div class="scrolls" tabindex="0" role="region" aria-label="Before it came"><table>
          <thead><tr><th>service</th><th class="number">process</th>${columns.map(([, label]) => html`<th class="number">${label}</th>`)}</tr></thead>
          <tbody>${programs.map((program) => html`<tr><th scope="row"><${Name} of=${program.service} /></th><td class="number">${program.process}</td>${columns.map(([name]) => html`<td class="number">${count(program[name])}</td>`)}</tr>`)}</tbody>
        </table></div>`}`;
}

function Refused({ all }) {
  return html`<h2>Refused lately</h2>
    ${all.length === 0
      ? html`<p><${Outcome} of="ok" text="No document was refused." /></p>`
      : html`<${Few} all=${all} what="documents">${(shown) => html`<div class="scrolls" tabindex="0" role="region" aria-label="Refused lately"><table>
          <thead><tr><th>when</th><th>code</th><th>service</th><th>document</th><th>why, and what to do</th></tr></thead>
          <tbody>${shown.map(
            ({ time, source, service, id, code, message, cure }) => html`<tr>
              <td class="whole-line">${clock(time)}</td><th scope="row">${code}</th><td><${Name} of=${service ?? "unknown"} /> <small>${WAYS[source]}</small></td><td><code>${id ?? "unknown"}</code></td><td class="text">${message}<br /><small>${cure}</small></td>
            </tr>`,
          )}</tbody>
        </table></div>`}<//>`}`;
}
