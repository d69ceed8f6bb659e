// What X-Ray itself would reject, drop or cut of documents that are stored here.

import { Outcome, html } from "/page/form.js";
import { printableJson } from "/page/text.js";

/** What becomes of it, by how grave that is. */
export const SEVERITIES = { rejected: "fault", dropped: "error", cut: "throttle", advice: "ok" };

/** A list of them, each with its place in the text. */
export function FindingList({ findings }) {
  if (findings.length === 0) return null;
  return html`<ul class="found">${findings.map(
    ({ line, column, path, code, severity, message, cure }) => html`<li>
      <${Outcome} of=${SEVERITIES[severity] ?? "error"} text=${severity} /> <b>${code}</b> ${path && html`<code>${path}</code>: `}${message}.
      <br /><span class="quiet">Line ${line}, column ${column}. ${sentence(cure)}</span>
    </li>`,
  )}</ul>`;
}

/** Those of a trace. `onGo` is given the id of a document. */
export function Findings({ count, documents, onGo }) {
  const told = documents.reduce((sum, { findings }) => sum + findings.length, 0);
  return html`<section class="findings" aria-label="Findings" tabindex="0">
    <p class="quiet">All of this trace is stored here. In AWS, X-Ray would not have taken it as it is:</p>
    ${documents.map(
      ({ id, name, findings }) => html`<h2><button onClick=${() => onGo(id)} aria-label=${`Go to ${name}`}>${name}</button> <small><code>${id}</code></small></h2>
        <${FindingList} findings=${findings} />`,
    )}
    ${count > told && html`<p class="quiet">${count - told} more are not shown.</p>`}
  </section>`;
}

/** A text with the letters marked at which something was found. */
export function marked(text, findings) {
  const places = new Set();
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  for (const { line, column } of findings) {
    const start = starts[line - 1] ?? 0;
    // Columns count letters, not UTF-16 units.
    places.add(start + [...text.slice(start, start + 2 * column)].slice(0, column - 1).join("").length);
  }
  const parts = [];
  let from = 0;
  for (const at of [...places].sort((one, other) => one - other)) {
    const letter = String.fromCodePoint(text.codePointAt(at) ?? 32);
    parts.push(printableJson(text.slice(from, at)), html`<mark>${printableJson(letter)}</mark>`);
    from = at + letter.length;
  }
  return [...parts, printableJson(text.slice(from))];
}

const sentence = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
