// Insights: times in which a service failed more than was to be expected.

import { call, pages } from "/page/api.js";
import { Loading, Problem, html, minute, useLoaded, useTitle } from "/page/form.js";
import { news } from "/page/news.js";
import { Timeline } from "/page/timeline.js";
import { go, group, id, link, period, range, times } from "/page/place.js";
import { TimedHeading } from "/page/range.js";

async function insights() {
  const { start, end } = times();
  const groups = await pages("/Groups", "Groups");
  const watched = groups.filter((other) => other.InsightsConfiguration?.InsightsEnabled);
  const wanted = watched.filter((other) => !group.value || other.GroupName === group.value);
  const found = await Promise.all(wanted.map(({ GroupName }) => pages("/InsightSummaries", "InsightSummaries", { GroupName, StartTime: start, EndTime: end })));
  return { watched, found: found.flat().sort((one, other) => other.StartTime - one.StartTime), start, end };
}

/** What is known of one, with what happened in it and the services that it reached. */
async function insight(InsightId) {
  const { Insight } = await call("/Insight", { InsightId });
  const { start, end } = { start: Insight.StartTime, end: (Insight.EndTime ?? Date.now() / 1000) + 60 };
  const [events, graph] = await Promise.all([
    pages("/InsightEvents", "InsightEvents", { InsightId }),
    call("/InsightImpactGraph", { InsightId, StartTime: start, EndTime: end }),
  ]);
  return { insight: Insight, events, services: graph.Services };
}

const STATES = { ACTIVE: "● going on", CLOSED: "○ over" };

const named = ({ Name, Type }) => html`<b>${Name}</b>${Type ? html` <small>${Type}</small>` : ""}`;

export function InsightsView() {
  if (id.value) return html`<${OneInsight} key=${id.value} />`;
  return html`<${AllInsights} />`;
}

function AllInsights() {
  useTitle("Insights");
  const { value, error } = useLoaded(insights, [range.value, group.value], news.value);
  return html`<section class="view" aria-label="Insights">
    <${TimedHeading}>Insights<//>
    <p class="lead">A minute is unusual when a service fails three times or more by its own fault, and more than the hour before lets expect. Unusual minutes that are close together are one insight.</p>
    <${Loading} value=${value} error=${error} />
    ${value && value.watched.length === 0 && html`<p class="nothing">No group is watched. Turn insights on for one: <a href=${link({ to: "groups" })}>groups</a>.</p>`}
    ${value && value.watched.length > 0 && html`<p class="tools">
      <label>Group <select value=${group.value} onChange=${(event) => go({ group: event.currentTarget.value })}>
        <option value="">all that are watched</option>${value.watched.map(({ GroupName }) => html`<option value=${GroupName} selected=${GroupName === group.value}>${GroupName}</option>`)}
      </select></label>
    </p>`}
    ${value && value.watched.length > 0 && value.found.length === 0 && html`<p class="nothing">Nothing unusual began ${period.value}.</p>`}
    ${value && value.found.length > 0 && html`<${Timeline} insights=${value.found} start=${value.start} end=${value.end} /><${List} found=${value.found} />`}
  </section>`;
}

function List({ found }) {
  return html`<div class="scrolls" tabindex="0" role="region" aria-label="List of insights"><table>
    <thead><tr><th>state</th><th>began</th><th>root cause</th><th>what happened</th><th class="number">of what clients asked, failed</th><th>group</th></tr></thead>
    <tbody>${found.map((one) => html`<tr>
      <td class="whole-line">${STATES[one.State]}</td><td class="whole-line">${minute(one.StartTime)}</td><th scope="row">${named(one.RootCauseServiceId)}</th>
      <td class="text"><a href=${link({ to: "insights", id: one.InsightId })}>${one.Summary}</a></td>
      <td class="number">${failed(one.ClientRequestImpactStatistics)}</td><td class="whole-line">${one.GroupName}</td>
    </tr>`)}</tbody>
  </table></div>`;
}

const failed = ({ FaultCount = 0, TotalCount = 0 }) => `${FaultCount} of ${TotalCount}`;

function OneInsight() {
  useTitle("Insight");
  const { value, error } = useLoaded(() => insight(id.value), [id.value], news.value);
  if (!value) return html`<section class="view"><h1>Insight</h1><${Problem} error=${error} /></section>`;
  const { insight: one, events, services } = value;
  const cause = one.RootCauseServiceId;
  const filter = `rootcause.fault.service { last AND name = ${JSON.stringify(cause.Name)} }`;
  const anomalous = one.TopAnomalousServices.map(({ ServiceId }) => ServiceId);
  const called = (service) => service.Edges.map((edge) => services.find((other) => other.ReferenceId === edge.ReferenceId)?.Name).filter(Boolean);
  return html`<section class="view" aria-label="Insight">
    <h1>${cause.Name} failed <small>${STATES[one.State]}</small></h1>
    <p class="facts">${one.Summary}</p>
    <dl>
      <dt>began</dt><dd>${minute(one.StartTime)}</dd>
      <dt>ended</dt><dd>${one.EndTime ? minute(one.EndTime) : "it goes on"}</dd>
      <dt>root cause</dt><dd>${named(cause)}</dd>
      <dt>its requests that failed</dt><dd>${failed(one.RootCauseServiceRequestImpactStatistics)}</dd>
      <dt>of all that clients asked for</dt><dd>${failed(one.ClientRequestImpactStatistics)} failed</dd>
      <dt>failed with it</dt><dd>${anomalous.filter(({ Name }) => Name !== cause.Name).map(({ Name }) => Name).join(", ") || "no other service"}</dd>
      <dt>group</dt><dd>${one.GroupName}</dd>
    </dl>
    <p><a href=${link({ to: "traces", filter })}>Traces of which it is the cause</a> · <a href=${link({ to: "insights" })}>All insights</a></p>
    <h2>Minute by minute</h2>
    <ul class="events">${events.map((event) => html`<li>${minute(event.EventTime)} ${event.Summary}</li>`)}</ul>
    <h2>Whom it reached</h2>
    ${services.length === 0
      ? html`<p class="quiet">No trace of it is left.</p>`
      : html`<ul class="impact">${services.map((service) => html`<li>${named(service)}${called(service).length > 0 ? ` calls ${called(service).join(", ")}` : ""}</li>`)}</ul>`}
  </section>`;
}
