// The list of traces: filtered, live, with the spread of their response times.

import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "/page/api.js";
import { Loading, Outcome, clock, count, html, names, outcomeOf, seconds, useLoaded, useTitle } from "/page/form.js";
import { FilterBar } from "/page/filter.js";
import { Grid } from "/page/grid.js";
import { Histogram } from "/page/histogram.js";
import { useKeys } from "/page/keys.js";
import { Nothing } from "/page/map.js";
import { news, totals } from "/page/news.js";
import { between, filter, go, link, period, range, times } from "/page/place.js";
import { Search } from "/page/search.js";
import { Volume } from "/page/volume.js";

/** More than these nobody reads; the filter narrows them. */
const MOST = 10_000;

const HEIGHT = 28;

/** `show` is given the first page, for the others take longer. */
async function summaries(show) {
  const { start, end } = times();
  const input = { StartTime: start, EndTime: end };
  if (filter.value) input.FilterExpression = filter.value;
  const found = [];
  let token;
  do {
    const page = await call("/TraceSummaries", token ? { ...input, NextToken: token } : input);
    found.push(...page.TraceSummaries);
    token = page.NextToken;
    show({ found: [...found], isAll: !token, start, end });
  } while (token && found.length < MOST);
  return { found, isAll: !token, start, end };
}

export function TracesView() {
  useTitle(filter.value ? `Traces: ${filter.value}` : "Traces");
  const { value, error } = useLoaded(summaries, [range.value, filter.value], news.value);
  const found = value?.found ?? [];
  const spread = found.filter((summary) => summary.ResponseTime != null).map((summary) => [summary.ResponseTime, 1]);
  const narrow = (from, to) => {
    const part = `responsetime >= ${from.toFixed(4)} AND responsetime <= ${to.toFixed(4)}`;
    go({ filter: filter.value ? `(${filter.value}) AND ${part}` : part });
  };
  return html`<section class="view" aria-label="Traces">
    <h1>Traces <small>${value && !error ? `${count(found.length)}${value.isAll ? "" : " and more"} ${filter.value ? "match " : ""}` : ""}${period.value}</small></h1>
    <${FilterBar} />
    ${isOfFilter(error) || html`<${Loading} value=${value} error=${error} />`}
    ${value && !error && found.length === 0 && html`<${None} />`}
    ${!error && found.length > 0 && html`<div class="charts"><${Volume} summaries=${found} ...${value} onChoose=${(from, to) => go({ range: between(from, to) })} /><${Histogram} times=${spread} onChoose=${narrow} /></div><${List} found=${found} />`}
    ${value && !error && html`<${Search} />`}
  </section>`;
}

/** No trace was found: another time or no filter may help. */
function None() {
  const elsewhere = range.value !== "all" && html`<a href=${link({ range: "all" })}>look at all times</a>`;
  if (filter.value) return html`<p class="nothing">No trace ${period.value} matches. <a href=${link({ filter: "" })}>Show all of that time</a>${elsewhere && html`, or ${elsewhere}`}.</p>`;
  return html`<${Nothing} />${elsewhere && totals.value?.traces > 0 && html`<p class="quiet">Older ones are there, or some of clocks that are ahead: ${elsewhere}.</p>`}`;
}

/** The bar itself tells what is wrong with a filter. */
const isOfFilter = (error) => error?.message.startsWith("FilterExpression");

function List({ found }) {
  const [at, setAt] = useState(0);
  const box = useRef(null);
  useEffect(() => setAt((at) => Math.min(at, found.length - 1)), [found.length]);
  const step = (count) => () => {
    box.current.focus({ preventScroll: true });
    setAt((at) => Math.max(0, Math.min(found.length - 1, at + count)));
  };
  useKeys({
    j: step(1),
    ArrowDown: step(1),
    k: step(-1),
    ArrowUp: step(-1),
    PageDown: step(20),
    PageUp: step(-20),
    Home: step(-found.length),
    End: step(found.length),
    Enter: () => go({ to: "trace", id: found[at].Id }),
  });
  const columns = ["result", "began", "took", "request", "status", "services"];
  const heads = columns.map((column) => html`<span role="columnheader" class=${column === "took" ? "number" : ""}>${column}</span>`);
  return html`<${Grid} box=${box} role="grid" className="traces" label="Traces" heads=${heads} count=${found.length} height=${HEIGHT} current=${at} currentId=${`trace-${at}`}>
    ${(row) => html`<${TraceRow} key=${found[row].Id} summary=${found[row]} at=${row} isCurrent=${row === at} />`}
  <//>`;
}

function TraceRow({ summary, at, isCurrent }) {
  const { HttpMethod = "", HttpURL = "", HttpStatus } = summary.Http ?? {};
  const services = (summary.ServiceIds ?? []).filter((service) => service.Type !== "client").map((service) => service.Name);
  const request = HttpURL ? `${HttpMethod} ${path(HttpURL)}` : (summary.EntryPoint?.Name ?? "");
  const target = { to: "trace", id: summary.Id };
  const took = summary.ResponseTime ?? summary.Duration;
  return html`<div
    class="row ${isCurrent ? "current" : ""}"
    role="row"
    id=${`trace-${at}`}
    aria-rowindex=${at + 2}
    aria-selected=${isCurrent ? "true" : "false"}
    onClick=${() => go(target)}
  >
    <span role="gridcell"><${Outcome} of=${outcomeOf(summary)} /></span>
    <span role="gridcell">${clock(summary.StartTime)}</span>
    <span role="gridcell" class="number">${summary.IsPartial && took != null ? "… " : ""}${seconds(took)}</span>
    <span role="gridcell" class="wide" title=${HttpURL}><a tabindex="-1" href=${link(target)}>${request}</a></span>
    <span role="gridcell">${HttpStatus ?? ""}</span>
    <span role="gridcell" class="wide quiet">${names(services, " ")}</span>
  </div>`;
}

function path(url) {
  const rest = url.replace(/^[a-z]+:\/\/[^/]*/i, "");
  return rest || "/";
}
