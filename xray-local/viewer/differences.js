// What two traces recorded in the same place, beside one another.

import { ask } from "/page/api.js";
import { Problem, html, seconds, useLoaded } from "/page/form.js";
import { link } from "/page/place.js";
import { byId } from "/page/trace.js";

/** What differs between any two runs, and says nothing. */
const IGNORED = new Set(["id", "trace_id", "parent_id", "start_time", "end_time", "subsegments", "precursor_ids"]);

async function documents(one, other, row) {
  const of = async (trace, side) => side && byId((await ask(`/local/traces/${trace}`)).documents).get(side.id);
  return Promise.all([of(one, row.one), of(other, row.other)]);
}

/** All values in a document, by their paths. */
function flat(document, path = "", found = new Map()) {
  for (const [name, value] of Object.entries(document ?? {})) {
    if (path === "" && IGNORED.has(name)) continue;
    const here = path ? `${path}.${name}` : name;
    if (value !== null && typeof value === "object") flat(value, here, found);
    else if (!(name === "id" && path.startsWith("cause."))) found.set(here, String(value));
  }
  return found;
}

export function Differences({ one, other, row, onClose }) {
  const { value, error } = useLoaded(() => documents(one, other, row), [one, other, row.id]);
  const [first, second] = (value ?? []).map((document) => flat(document));
  const paths = value ? [...new Set([...first.keys(), ...second.keys()])] : [];
  const differing = paths.filter((path) => first.get(path) !== second.get(path));
  const isBoth = row.one && row.other;
  return html`<aside class="panel" aria-label="Chosen part">
    <header><h2>${row.name}</h2><button onClick=${onClose} aria-label="Close">×</button></header>
    <table class="sides">
      <thead><tr><th><span class="hidden">what</span></th><th>A</th><th>B</th></tr></thead>
      <tbody>
        ${["result", "began after", "took"].map((name) => html`<tr><th scope="row">${name}</th>${[row.one, row.other].map((side) => html`<td>${side ? fact(side, name) : "—"}</td>`)}</tr>`)}
        ${differing.map((path) => html`<tr><th scope="row">${path}</th><td>${short(first.get(path))}</td><td>${short(second.get(path))}</td></tr>`)}
      </tbody>
    </table>
    <${Problem} error=${error} />
    ${value && isBoth && differing.length === 0 && html`<p class="quiet">They recorded the same.</p>`}
    ${value && isBoth && paths.length > differing.length && html`<p class="quiet">${paths.length - differing.length} more values are the same in both.</p>`}
    <p>${row.one && html`<a href=${link({ to: "trace", id: one })}>Trace A</a>`}${isBoth && " · "}${row.other && html`<a href=${link({ to: "trace", id: other })}>Trace B</a>`}</p>
  </aside>`;
}

const fact = (side, name) => ({ result: side.outcome, "began after": seconds(side.start), took: seconds(side.duration) })[name];

const short = (text = "—") => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
