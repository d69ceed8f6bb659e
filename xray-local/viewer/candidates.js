// Which trace to compare one with: those that began at the same service, alike requests first.

import { useState } from "preact/hooks";
import { ask, call } from "/page/api.js";
import { Few, Loading, Outcome, clock, html, outcomeOf, seconds, signed, useLoaded } from "/page/form.js";
import { go, link, period, range, times, traceId } from "/page/place.js";

/** How many are offered. */
const MOST = 50;

async function candidates(id) {
  const trace = await ask(`/local/traces/${encodeURIComponent(id)}`);
  if (!trace) return { found: [] };
  const root = trace.documents.find((document) => !document.parent_id && document.type !== "subsegment") ?? trace.documents[0];
  const { start, end } = times();
  const FilterExpression = `service(${JSON.stringify(root.name)}) { root = true }`;
  const { TraceSummaries } = await call("/TraceSummaries", { StartTime: start, EndTime: end, FilterExpression });
  const request = told(root.http?.request?.method, root.http?.request?.url);
  const found = TraceSummaries.filter((summary) => summary.Id !== trace.id).map((summary) => ({ summary, request: told(summary.Http?.HttpMethod, summary.Http?.HttpURL) }));
  const isAlike = (candidate) => candidate.request === request;
  return {
    trace,
    name: root.name,
    request,
    found: [...found.filter(isAlike), ...found.filter((candidate) => !isAlike(candidate))].slice(0, MOST),
    distance: (summary) => (summary.ResponseTime ?? summary.Duration ?? 0) - (trace.duration ?? 0),
  };
}

function told(method = "", url = "") {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/[?#].*/, "");
  return `${method} ${path || (url && "/")}`.trim();
}

export function Candidates({ one }) {
  const { value, error } = useLoaded(() => candidates(one), [one, range.value]);
  const [text, setText] = useState("");
  if (!value) return html`<${Loading} value=${value} error=${error} />`;
  const { trace, name, request, found, distance } = value;
  if (!trace) return html`<p class="nothing">Nothing is stored of <code>${one}</code>. <a href=${link({ to: "traces" })}>All traces</a></p>`;
  const choose = (event) => {
    event.preventDefault();
    if (text.trim()) go({ to: "compare", id: one, with: traceId(text) });
  };
  return html`
    <p class="facts">A is <a href=${link({ to: "trace", id: one })}>${request || name}</a>, ${seconds(trace.duration)}, ${clock(trace.startTime)}. Which trace is B?</p>
    <form class="tools" onSubmit=${choose}>
      <label>By its id <input type="text" spellcheck=${false} placeholder="1-581cf771-a006649127e371903a2de979" value=${text} onInput=${(event) => setText(event.currentTarget.value)} /></label>
      <button type="submit" disabled=${!text.trim()}>Compare</button>
    </form>
    ${found.length === 0
      ? html`<p class="nothing">No other trace begins at ${name} ${period.value}.</p>`
      : html`<${Few} all=${found} most=${12} what="traces">${(shown) => html`<div class="scrolls" tabindex="0" role="region" aria-label="Traces to compare with"><table>
          <caption>Traces that begin at ${name}, ${period.value}, alike requests first</caption>
          <thead><tr><th>request</th><th>result</th><th>took</th><th>than A</th><th>began</th></tr></thead>
          <tbody>${shown.map(
            ({ summary, request: other }) => html`<tr>
              <th scope="row" class="whole-line"><a href=${link({ to: "compare", id: one, with: summary.Id })}>${other || name}</a></th>
              <td><${Outcome} of=${outcomeOf(summary)} /></td>
              <td class="number">${seconds(summary.ResponseTime ?? summary.Duration)}</td>
              <td class="number">${signed(distance(summary))}</td>
              <td>${clock(summary.StartTime)}</td>
            </tr>`,
          )}</tbody>
        </table></div>`}<//>`}`;
}
