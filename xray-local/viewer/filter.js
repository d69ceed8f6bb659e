// The filter bar: a filter expression of X-Ray, with what is wrong in it shown at its place.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { html } from "/page/form.js";
import { RANGES, filter, go, range } from "/page/place.js";

/** What people look for first; the whole language is X-Ray's. */
const EXAMPLES = [
  "fault = true",
  "error = true",
  "throttle = true",
  "ok = false",
  "partial = true",
  "responsetime > 1",
  "duration > 1",
  "http.status = 500",
  'http.method = "GET"',
  'http.url CONTAINS "/"',
  'user = "…"',
  'annotation.key = "…"',
  'service("…")',
  'service("…") { fault = true }',
  'edge("…", "…")',
  "rootcause.fault.service { last }",
];

/** Whether the next bar that is drawn, or the present one, is to be typed into. */
export const isWanted = signal(false);

export function FilterBar() {
  const field = useRef(null);
  useEffect(() => {
    if (!isWanted.value) return;
    isWanted.value = false;
    field.current.focus();
  }, [isWanted.value]);
  const [text, setText] = useState(filter.value);
  const [problem, setProblem] = useState(null);
  useEffect(() => setText(filter.value), [filter.value]);
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const check = await ask("/local/filter", { text }).catch(() => ({}));
      if (isCurrent) setProblem(check.problem ?? null);
    }, 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text]);
  const submit = (event) => {
    event.preventDefault();
    if (!problem) go({ filter: text.trim() });
  };
  return html`<form class="filter" role="search" onSubmit=${submit}>
    <label class="wide">
      <span class="hidden">Filter expression</span>
      <input
        id="filter"
        ref=${field}
        type="text"
        list="expressions"
        spellcheck="false"
        autocomplete="off"
        placeholder='Filter, as service("orders") { fault = true }   ( / )'
        value=${text}
        aria-invalid=${problem ? "true" : "false"}
        aria-describedby="filter-problem"
        onInput=${(event) => setText(event.currentTarget.value)}
      />
    </label>
    <datalist id="expressions">${EXAMPLES.map((example) => html`<option value=${example} />`)}</datalist>
    <label>
      <span class="hidden">Time</span>
      <select value=${range.value} onChange=${(event) => go({ range: event.currentTarget.value })}>
        ${Object.keys(RANGES).map((name) => html`<option value=${name} selected=${name === range.value}>last ${name}</option>`)}
      </select>
    </label>
    <button type="submit" disabled=${problem != null}>Apply</button>
    <output id="filter-problem" class="problem">${problem && html`<${Pointer} text=${text} problem=${problem} />`}</output>
  </form>`;
}

/** The text once more, with a mark under the character where it stops making sense. */
function Pointer({ text, problem }) {
  const letters = [...text];
  const at = problem.column - 1;
  return html`<code>${letters.slice(0, at).join("")}<mark>${letters[at] ?? " "}</mark>${letters.slice(at + 1).join("")}</code>
    column ${problem.column}: ${problem.message}`;
}
