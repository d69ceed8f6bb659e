// What was decided lately: requests that were recorded, each with the rules that were tried on it; and what clients report of the others.

import { Few, Outcome, clock, html, percent } from "/page/form.js";
import { link } from "/page/place.js";
import { MATCHED } from "/page/rule.js";

const LABELS = new Map(MATCHED.map(([name, label]) => [name, label]));

/** How a request fell through the rules, a line each. */
export function Trials({ trials }) {
  return html`<ol class="trials">${trials.map(
    ({ rule, priority, mismatch }) => html`<li class=${mismatch ? "passed" : "decides"}>
      <b>${rule}</b> <small>${rule === "Default" ? "last" : `priority ${priority}`}</small> ${mismatch ? html`<span class="quiet">does not match: <${Mismatch} ...${mismatch} /></span>` : html`<span>✓ matches, and decides</span>`}
    </li>`,
  )}</ol>`;
}

function Mismatch({ field, expected, found }) {
  const label = LABELS.get(field) ?? field.replace("Attributes.", "attribute ");
  return html`${label} is ${found == null ? "not known" : html`<code>${found}</code>`}, the rule wants <code>${expected}</code>`;
}

export function Decisions({ decisions }) {
  return html`<h2>Recorded lately</h2>
    <p class="quiet">Of a request that is not recorded nothing is sent, so it cannot be shown; how many those are stands in the reports above. Why a request was recorded is what its segment says; how the rules were tried is worked out by the rules as they are now.</p>
    ${decisions.length === 0
      ? html`<p class="nothing">No request was recorded in this time.</p>`
      : html`<${Few} all=${decisions} what="requests">${(shown) => html`<ul class="decisions">${shown.map((decision) => html`<${Decision} key=${decision.id} ...${decision} />`)}</ul>`}<//>`}`;
}

function Decision({ id, time, outcome, service, method = "", url, rule, trials }) {
  const now = trials.at(-1)?.rule;
  const request = url ? `${method} ${url}`.trim() : service;
  const said = rule ? html`recorded by rule <b>${rule}</b>` : html`<span class="quiet">its segment names no rule: its caller or the program decided</span>`;
  return html`<li><details>
    <summary>${clock(time)} <${Outcome} of=${outcome} /> <span class="request">${request}</span> <span class="said">${said}</span></summary>
    <${Trials} trials=${trials} />
    ${rule && rule !== now && html`<p>By the rules as they are now it would fall under <b>${now}</b>.</p>`}
    <p><a href=${link({ to: "trace", id })}>The trace</a></p>
  </details></li>`;
}

export function Reports({ reports }) {
  return html`<h2>Reports of clients</h2>
    <p class="quiet">Each program tells every ten seconds what it decided since its last report, and is told its part of the reservoir.</p>
    ${reports.length === 0
      ? html`<p class="nothing">No program has reported. One reports when it samples by these rules: its SDK has to ask <code>${location.host}</code>, for <code>AWS_XRAY_DAEMON_ADDRESS</code>, and be asked for requests.</p>`
      : html`<${Few} all=${reports} what="reports">${(shown) => html`<div class="scrolls" tabindex="0" role="region" aria-label="Reports of clients"><table>
          <thead><tr><th>came</th><th>client</th><th>rule</th><th class="number">requests</th><th class="number">recorded</th><th class="number">borrowed</th><th>was answered</th></tr></thead>
          <tbody>${shown.map(
            (report) => html`<tr>
              <td>${clock(report.time)}</td><td><code title=${report.client}>${report.client.slice(0, 8)}</code></td><th scope="row">${report.rule}</th>
              <td class="number">${report.requests}</td><td class="number">${report.sampled}</td><td class="number">${report.borrowed}</td>
              <td class="whole-line">${answer(report)}</td>
            </tr>`,
          )}</tbody>
        </table></div>`}<//>`}`;
}

function answer({ quota, rate, boost }) {
  const first = quota == null ? "borrow one a second for now" : `record ${quota} a second`;
  return `${first}, then ${percent(boost ?? rate)}${boost == null ? "" : " while it is boosted"}`;
}
