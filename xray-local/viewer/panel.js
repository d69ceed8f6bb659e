// What one segment or subsegment recorded.

import { useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { FindingList, marked } from "/page/findings.js";
import { Outcome, Problem, bytes, clock, html, seconds, useLoaded } from "/page/form.js";
import { Json } from "/page/json.js";

/** The parts of a document that have a leaf of their own, as far as they are there. */
function leaves(document) {
  const { annotations, metadata, cause, sql, aws, http } = document;
  const all = {
    overview: true,
    exceptions: cause,
    annotations: annotations && Object.keys(annotations).length > 0,
    metadata: metadata && Object.keys(metadata).length > 0,
    http,
    sql,
    aws,
    stored: true,
    received: true,
  };
  return Object.keys(all).filter((name) => all[name]);
}

export function SegmentPanel({ trace, row, document, onClose }) {
  const [chosen, setChosen] = useState("overview");
  if (!document) return null;
  const names = leaves(document);
  const name = names.includes(chosen) ? chosen : "overview";
  const turn = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    setChosen(next);
    event.currentTarget.querySelector(`#leaf-${next}`)?.focus();
  };
  return html`<aside class="panel" aria-label="Chosen segment">
    <header><h2>${row.name}</h2><button onClick=${onClose} aria-label="Close">×</button></header>
    <div class="leaves" role="tablist" aria-label="What was recorded" onKeyDown=${turn}>
      ${names.map(
        (leaf) => html`<button
          role="tab"
          id=${`leaf-${leaf}`}
          aria-selected=${leaf === name ? "true" : "false"}
          aria-controls="leaf"
          tabindex=${leaf === name ? 0 : -1}
          onClick=${() => setChosen(leaf)}
        >${leaf}</button>`,
      )}
    </div>
    <div role="tabpanel" id="leaf" aria-labelledby=${`leaf-${name}`} tabindex="0"><${Leaf} name=${name} trace=${trace} row=${row} document=${document} /></div>
  </aside>`;
}

function Leaf({ name, trace, row, document }) {
  if (name === "overview") return html`<${Overview} row=${row} document=${document} />`;
  if (name === "exceptions") return html`<${Exceptions} cause=${document.cause} />`;
  if (name === "stored") return html`<p class="quiet">As X-Ray's API gives it out: read, checked, put in its place.</p><${Json} of=${alone(document)} />`;
  if (name === "received") return html`<${Received} key=${row.id} trace=${trace} row=${row} />`;
  if (name === "sql" && document.sql.sanitized_query) {
    const { sanitized_query, ...rest } = document.sql;
    return html`<pre>${sanitized_query}</pre><${Facts} of=${rest} />`;
  }
  return html`<${Facts} of=${document[name]} />`;
}

/** What came, to the letter. */
function Received({ trace, row }) {
  const { value, error } = useLoaded(() => ask(`/local/traces/${trace}/received`, { of: row.id }), [trace, row.id]);
  if (!value) return html`<${Problem} error=${error} /><p class="quiet">${error ? "" : "…"}</p>`;
  if (value.length === 0) return html`<p class="quiet">Nothing was received of it: it is known from its caller only.</p>`;
  return value.map(({ text, findings }) => {
    const isAround = JSON.parse(text).id !== row.id;
    return html`<p class="quiet">${bytes(new Blob([text]).size)}, to the letter${isAround ? ". It stands in the document of another" : ""}.</p>
      <${FindingList} findings=${findings} />
      <pre>${marked(text, findings)}</pre>`;
  });
}

/** A document without those below it. */
function alone({ subsegments, ...own }) {
  return subsegments?.length ? { ...own, subsegments: `${subsegments.length} more` } : own;
}

function Overview({ row, document }) {
  const facts = [
    ["result", html`<${Outcome} of=${row.outcome} />`],
    ["began", html`${clock(document.start_time)} (${seconds(row.start)} after the trace)`],
    ["took", seconds(row.duration)],
    ["id", html`<code>${document.id}</code>`],
    ["parent", document.parent_id && html`<code>${document.parent_id}</code>`],
    ["namespace", document.namespace],
    ["origin", document.origin],
    ["user", document.user],
    ["resource", document.resource_arn],
    ["version", document.service?.version],
  ];
  return html`<dl>${facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function Exceptions({ cause }) {
  if (typeof cause === "string") return html`<p>The exception is the one with the id <code>${cause}</code>, further down.</p>`;
  return (cause.exceptions ?? []).map(
    (exception) => html`<article class="exception">
      <h3>${exception.type || "exception"}${exception.remote ? html` <small>remote</small>` : ""}</h3>
      <p class="message">${exception.message}</p>
      ${exception.cause && html`<p class="quiet">caused by ${exception.cause}</p>`}
      ${exception.stack?.length > 0 && html`<ol class="stack">${exception.stack.map((frame) => html`<li><code>${frame.label}</code> <span class="quiet"><bdi>${frame.path}</bdi>${frame.line ? `:${frame.line}` : ""}</span></li>`)}</ol>`}
    </article>`,
  );
}

/** Anything, as names and values. */
function Facts({ of }) {
  return html`<dl>${Object.entries(of).map(([name, value]) => {
    const isPlain = value === null || typeof value !== "object";
    return html`<dt class=${isPlain ? "" : "above"}>${name}</dt><dd class=${isPlain ? "" : "below"}>${
      isPlain ? String(value) : isFlat(value) ? html`<${Facts} of=${value} />` : html`<${Json} of=${value} />`
    }</dd>`;
  })}</dl>`;
}

const isFlat = (value) => !Array.isArray(value) && Object.values(value).every((part) => part === null || typeof part !== "object");
