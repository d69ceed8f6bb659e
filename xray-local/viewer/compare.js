// Two traces as one tree: what took longer, what is new, what is missing.

import { useMemo, useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { Candidates } from "/page/candidates.js";
import { Loading, Outcome, clock, count as thousands, html, seconds, signed, useLoaded, useNarrow, useTitle } from "/page/form.js";
import { Differences } from "/page/differences.js";
import { Grid } from "/page/grid.js";
import { id, link, other, traceId } from "/page/place.js";
import { TimedHeading } from "/page/range.js";
import { Unnamed } from "/page/trace.js";
import { TreeRow, hasChildren, useTree } from "/page/tree.js";

/** A difference below these is what two runs of the same program differ by. */
const LEAST = { seconds: 0.001, share: 0.1 };

export function CompareView() {
  const [one, two] = [traceId(id.value), traceId(other.value)];
  useTitle(two ? `Compare ${one} with ${two}` : `Compare ${one}`.trim());
  return html`<section class="view" aria-label="Compare traces">
    ${two ? html`<h1>Compare traces</h1>` : html`<${TimedHeading}>Compare traces<//>`}
    ${!one ? html`<${Unnamed} />` : two ? html`<${Compared} one=${one} two=${two} />` : html`<${Candidates} one=${one} />`}
  </section>`;
}

function Compared({ one, two }) {
  const { value, error } = useLoaded(() => ask("/local/compare", { one, other: two }), [one, two]);
  if (!value) return html`<${Loading} value=${value} error=${error} />`;
  if (value.missing) return html`<p class="nothing">Nothing is stored of ${value.missing.map((id) => html`<code>${id}</code> `)}. <a href=${link({ to: "traces" })}>All traces</a></p>`;
  return html`<${Found} key=${`${one} ${two}`} ...${value.found} />`;
}

/** What became of a row from one trace to the other. */
export function change({ one, other }) {
  if (!one) return "added";
  if (!other) return "missing";
  if (one.outcome !== other.outcome) return "changed";
  const [before, after] = [one.duration, other.duration];
  if (before == null || after == null) return before === after ? "same" : "changed";
  const difference = Math.abs(after - before);
  if (difference < LEAST.seconds || difference < LEAST.share * Math.max(before, after)) return "same";
  return after > before ? "slower" : "faster";
}

function Found({ one, other, rows: found }) {
  const rows = useMemo(() => found.map((row, at) => ({ ...row, id: at, change: change(row) })), [found]);
  const [isOpen, setOpen] = useState(false);
  const differs = (number) => rows[number].change !== "same";
  const tree = useTree(rows, {
    Enter: () => setOpen(!isOpen),
    Escape: () => setOpen(false),
    n: ({ next }) => next(1, differs),
    N: ({ next }) => next(-1, differs),
  });
  const count = (kind) => rows.filter((row) => row.change === kind).length;
  const most = Math.max(1e-6, ...rows.map((row) => Math.abs(delta(row) ?? 0)));
  const parts = [
    [count("slower"), "slower"],
    [count("faster"), "faster"],
    [count("changed"), "with another result"],
    [count("added"), "only in B"],
    [count("missing"), "only in A"],
  ].filter(([number]) => number > 0);
  return html`
    <table class="heads">
      <thead><tr><th><span class="hidden">trace</span></th><th>result</th><th>took</th><th>began</th><th>trace</th></tr></thead>
      <tbody><${Head} name="A" trace=${one} /><${Head} name="B" trace=${other} /></tbody>
    </table>
    <p class="facts">${whole(one, other)} ${parts.length > 0 ? `${parts.map(([number, what]) => `${thousands(number)} ${what}`).join(", ")}, of ${thousands(rows.length)} parts.` : `All ${thousands(rows.length)} parts are alike.`}</p>
    <div class="tools" role="toolbar" aria-label="Comparison">
      <button onClick=${() => tree.next(1, differs)} disabled=${parts.length === 0}>next difference (n)</button>
      <a class="button" href=${link({ to: "compare", id: other.id, with: one.id })}>swap A and B</a>
      <a class="button" href=${link({ to: "compare", id: one.id })}>another B</a>
    </div>
    <div class="split">
      <${Table} rows=${rows} tree=${tree} most=${most} onChoose=${(place) => (tree.setAt(place), setOpen(true))} />
      ${isOpen && tree.row && html`<${Differences} one=${one.id} other=${other.id} row=${tree.row} onClose=${() => setOpen(false)} />`}
    </div>`;
}

function Head({ name, trace }) {
  return html`<tr>
    <th scope="row">${name}</th>
    <td><${Outcome} of=${trace.outcome} /></td>
    <td>${seconds(trace.duration)}</td>
    <td>${clock(trace.startTime)}</td>
    <td><a href=${link({ to: "trace", id: trace.id })}>open</a> <code class="whole">${trace.id}</code>${trace.isPartial ? " not whole yet" : ""}</td>
  </tr>`;
}

function whole(one, other) {
  if (one.duration == null || other.duration == null) return "";
  const difference = other.duration - one.duration;
  if (Math.abs(difference) < LEAST.seconds) return "B took as long as A.";
  const share = one.duration > 0 ? ` (${Math.round((100 * Math.abs(difference)) / one.duration)} %)` : "";
  return `B took ${seconds(Math.abs(difference), Math.max(one.duration, other.duration))}${share} ${difference > 0 ? "longer" : "less"} than A.`;
}

/** The seconds that a row took more in the second trace; none where there is nothing to compare. */
function delta({ one, other }) {
  return one?.duration == null || other?.duration == null ? null : other.duration - one.duration;
}

function Table({ rows, tree, most, onChoose }) {
  const { shown, at } = tree;
  const height = useNarrow() ? 44 : 26;
  const heads = html`<span role="columnheader">name</span>
    <span role="columnheader" class="number">A</span>
    <span role="columnheader" class="number">B</span>
    <span role="columnheader">difference</span>`;
  return html`<${Grid}
    box=${tree.box}
    role="treegrid"
    className="compare"
    label="Both traces"
    heads=${heads}
    count=${shown.length}
    total=${rows.length}
    height=${height}
    current=${at}
    currentId=${`pair-${shown[at]}`}
  >
    ${(place) => {
      const row = rows[shown[place]];
      return html`<${Row}
        key=${row.id}
        row=${row}
        most=${most}
        isCurrent=${place === at}
        expanded=${hasChildren(rows, shown[place]) ? !tree.collapsed.has(row.id) : null}
        onChoose=${() => onChoose(place)}
        onToggle=${() => tree.toggle(row.id)}
      />`;
    }}
  <//>`;
}

function Row({ row, most, isCurrent, expanded, onChoose, onToggle }) {
  const longest = Math.max(row.one?.duration ?? 0, row.other?.duration ?? 0);
  const time = (side) => (!side ? "—" : side.duration == null ? "in progress" : seconds(side.duration, longest));
  const more = { row, isCurrent, expanded, onChoose, onToggle };
  return html`<${TreeRow} id=${`pair-${row.id}`} number=${row.id} classes=${[row.change]} ...${more}>
    <span role="gridcell" class="number">${time(row.one)}</span>
    <span role="gridcell" class="number">${time(row.other)}</span>
    <span role="gridcell" class="difference"><${Difference} row=${row} most=${most} /></span>
  <//>`;
}

/** In words, with a bar that grows to the right where the second trace took longer and to the left where it took less. */
function Difference({ row, most }) {
  if (row.change === "added") return html`<span class="mark">+ only in B</span>`;
  if (row.change === "missing") return html`<span class="mark">− only in A</span>`;
  const more = delta(row) ?? 0;
  const length = (50 * Math.abs(more)) / most;
  const result = row.one.outcome !== row.other.outcome && html` <${Outcome} of=${row.one.outcome} /> → <${Outcome} of=${row.other.outcome} />`;
  const longest = Math.max(row.one.duration ?? 0, row.other.duration ?? 0);
  return html`<span class="beam" aria-hidden="true"><span style=${{ left: `${more < 0 ? 50 - length : 50}%`, width: `${length}%` }} /></span>
    <span class="mark">${signed(more, longest)}</span>${result}`;
}
