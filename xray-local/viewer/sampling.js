// The sampling rules: what they say, how they are used, and what they decided.

import { useState } from "preact/hooks";
import { may } from "/page/access.js";
import { ask, call, pages } from "/page/api.js";
import { Decisions, Reports } from "/page/decisions.js";
import { Explain } from "/page/explain.js";
import { Confirmed } from "/page/field.js";
import { Loading, count, html, percent, useLoaded, useTitle } from "/page/form.js";
import { news } from "/page/news.js";
import { range, times } from "/page/place.js";
import { TimedHeading } from "/page/range.js";
import { MATCHED, RuleForm } from "/page/rule.js";

async function sampling() {
  const [records, summaries, activity, decisions] = await Promise.all([
    pages("/GetSamplingRules", "SamplingRuleRecords"),
    pages("/SamplingStatisticSummaries", "SamplingStatisticSummaries"),
    ask("/local/sampling"),
    ask("/local/decisions", times()),
  ]);
  const counts = new Map();
  for (const { RuleName, RequestCount = 0, SampledCount = 0, BorrowCount = 0 } of summaries) {
    const sum = counts.get(RuleName) ?? { requests: 0, sampled: 0, borrowed: 0 };
    counts.set(RuleName, { requests: sum.requests + RequestCount, sampled: sum.sampled + SampledCount, borrowed: sum.borrowed + BorrowCount });
  }
  const uses = new Map(activity.rules.map((used) => [used.rule, used]));
  return { rules: records.map((record) => record.SamplingRule), counts, uses, reports: activity.reports, decisions };
}

export function SamplingView() {
  useTitle("Sampling");
  const [changes, setChanges] = useState(0);
  const [edited, setEdited] = useState(null);
  const [failure, setFailure] = useState(null);
  const { value, error } = useLoaded(sampling, [range.value, changes], news.value);
  const again = () => (setEdited(null), setFailure(null), setChanges((count) => count + 1));
  const remove = (RuleName) => call("/DeleteSamplingRule", { RuleName }).then(again, setFailure);
  const rule = value?.rules.find((rule) => rule.RuleName === edited);
  return html`<section class="view" aria-label="Sampling">
    <${TimedHeading}>Sampling<//>
    <p class="lead">A rule says how many of the requests that it matches are recorded. Programs fetch the rules every ten seconds, ask them from the top, and the first that matches decides.</p>
    <${Loading} value=${value} error=${error ?? failure} />
    ${value && html`<${Rules} ...${value} onEdit=${setEdited} onRemove=${remove} />`}
    ${may("CreateSamplingRule") && html`<p class="tools"><button aria-expanded=${String(edited === "")} onClick=${() => setEdited("")}>New rule</button></p>`}
    ${(edited === "" || rule) && html`<${RuleForm} key=${edited} rule=${rule} onDone=${again} onCancel=${() => setEdited(null)} />`}
    ${value && html`<${Explain} rules=${value.rules} changes=${changes} /><${Reports} reports=${value.reports} /><${Decisions} decisions=${value.decisions} />`}
  </section>`;
}

function Rules({ rules, counts, uses, onEdit, onRemove }) {
  const of = (rule) => MATCHED.filter(([field]) => rule[field] !== "*").map(([field, label]) => html`<span class="part">${label} <code>${rule[field]}</code></span> `);
  const attributes = (rule) => Object.entries(rule.Attributes ?? {}).map(([name, value]) => html`<span class="part">${name} <code>${value}</code></span> `);
  return html`<div class="scrolls stacks" tabindex="0" role="region" aria-label="Sampling rules"><table>
    <thead><tr><th>rule</th><th>priority</th><th>for</th><th class="number">reservoir</th><th class="number">rate</th><th class="number">clients</th><th class="number">requests</th><th class="number">recorded</th><th class="number">borrowed</th><th><span class="hidden">change</span></th></tr></thead>
    <tbody>${rules.map((rule) => {
      const reported = counts.get(rule.RuleName) ?? { requests: 0, sampled: 0, borrowed: 0 };
      const used = uses.get(rule.RuleName);
      const isDefault = rule.RuleName === "Default";
      const matched = [...of(rule), ...attributes(rule)];
      return html`<tr key=${rule.RuleName}>
        <th scope="row">${rule.RuleName}</th>
        <td data-head="priority">${isDefault ? "last" : rule.Priority}</td>
        <td data-head="for">${matched.length > 0 ? matched : isDefault ? "everything else" : "everything"}</td>
        <td data-head="reservoir" class="number">${rule.ReservoirSize} / s</td>
        <td data-head="rate" class="number">${percent(rule.FixedRate)}${used?.boost ? html`<br /><small>now ${percent(used.boost)}</small>` : ""}</td>
        <td data-head="clients" class="number">${used?.clients ?? 0}</td>
        ${[["requests", "requests"], ["sampled", "recorded"], ["borrowed", "borrowed"]].map(([name, head]) => html`<td data-head=${head} class="number">${count(reported[name])}</td>`)}
        <td class="acts">${may("UpdateSamplingRule") && html`<button aria-label=${`Edit ${rule.RuleName}`} onClick=${() => onEdit(rule.RuleName)}>edit</button>`}${!isDefault && may("DeleteSamplingRule") && html` <${Confirmed} what="delete" label=${`Delete ${rule.RuleName}`} onConfirm=${() => onRemove(rule.RuleName)} />`}</td>
      </tr>`;
    })}</tbody>
  </table></div>
  <p class="quiet">Clients: programs that reported in the last half minute and share the reservoir. Requests, recorded and borrowed: what they reported in the last hour. A program borrows one request a second until it has been given its part of the reservoir.</p>`;
}
