// The sampling rules in force, and what they decided lately.

import { call } from "/page/api.js";
import { Problem, html, useLoaded } from "/page/form.js";

async function pages(path, list) {
  const found = [];
  let token;
  do {
    const page = await call(path, token ? { NextToken: token } : {});
    found.push(...page[list]);
    token = page.NextToken;
  } while (token);
  return found;
}

async function sampling() {
  const [records, summaries] = await Promise.all([
    pages("/GetSamplingRules", "SamplingRuleRecords"),
    pages("/SamplingStatisticSummaries", "SamplingStatisticSummaries"),
  ]);
  const counts = new Map();
  for (const { RuleName, RequestCount = 0, SampledCount = 0, BorrowCount = 0 } of summaries) {
    const sum = counts.get(RuleName) ?? { requests: 0, sampled: 0, borrowed: 0 };
    counts.set(RuleName, { requests: sum.requests + RequestCount, sampled: sum.sampled + SampledCount, borrowed: sum.borrowed + BorrowCount });
  }
  return { rules: records.map((record) => record.SamplingRule).sort((one, other) => one.Priority - other.Priority), counts };
}

const MATCHED = ["ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN"];

export function SamplingView() {
  const { value, error } = useLoaded(sampling, []);
  const matched = (rule) => MATCHED.filter((field) => rule[field] !== "*").map((field) => `${field} ${rule[field]}`).join(", ");
  return html`<section class="view" aria-label="Sampling">
    <h1>Sampling rules</h1>
    <p class="quiet">Asked from the top; the first that matches decides. Made and changed with <code>aws xray create-sampling-rule</code> and the like.</p>
    <${Problem} error=${error} />
    ${value && html`<table>
      <thead><tr><th>priority</th><th>rule</th><th>matches</th><th>reservoir a second</th><th>rate</th><th>requests</th><th>sampled</th><th>borrowed</th></tr></thead>
      <tbody>${value.rules.map((rule) => html`<tr>
        <td>${rule.Priority}</td><th scope="row">${rule.RuleName}</th><td>${matched(rule) || "everything"}</td>
        <td>${rule.ReservoirSize}</td><td>${(100 * rule.FixedRate).toFixed(2).replace(/\.?0+$/, "")} %</td>
        ${["requests", "sampled", "borrowed"].map((count) => html`<td>${value.counts.get(rule.RuleName)?.[count] ?? 0}</td>`)}
      </tr>`)}</tbody>
    </table>`}
  </section>`;
}
