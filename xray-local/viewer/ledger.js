// What came in, and what became of it.

import { ledger } from "/page/api.js";
import { bytes, html } from "/page/form.js";

export function LedgerView() {
  const counts = ledger.value;
  if (!counts) return html`<section class="view"><h1>Ledger</h1></section>`;
  const facts = [
    ["documents stored", counts.stored],
    ["documents refused", counts.rejected],
    ["traces kept", counts.traces],
    ["traces that made room", counts.evictedTraces],
    ["room taken", bytes(counts.bytes)],
  ];
  return html`<section class="view" aria-label="Ledger">
    <h1>Ledger</h1>
    <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <h2>Refused lately</h2>
    ${counts.rejections.length === 0
      ? html`<p class="quiet">No document was refused.</p>`
      : html`<table>
          <thead><tr><th>code</th><th>document</th><th>why</th></tr></thead>
          <tbody>${counts.rejections.map((refused) => html`<tr><th scope="row">${refused.code}</th><td><code>${refused.id ?? "unknown"}</code></td><td>${refused.message}</td></tr>`)}</tbody>
        </table>`}
  </section>`;
}
