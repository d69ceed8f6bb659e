// The rows of a trace, each with its bar in time. A tree that the keyboard walks.

import { Outcome, html, scale, seconds } from "/page/form.js";
import { Grid } from "/page/grid.js";
import { TreeRow, hasChildren } from "/page/tree.js";

const HEIGHT = 24;

export function Waterfall({ trace, tree, showsPath, found, onChoose }) {
  const { shown, at, collapsed } = tree;
  const whole = length(trace);
  const heads = html`<span role="columnheader">name</span>
    <span role="columnheader" class="scale">${scale(whole).map((text) => html`<span>${text}</span>`)}</span>
    <span role="columnheader" class="number">took</span>`;
  return html`<${Grid}
    box=${tree.box}
    role="treegrid"
    className="waterfall"
    label="Segments and subsegments"
    heads=${heads}
    count=${shown.length}
    total=${trace.rows.length}
    height=${HEIGHT}
    current=${at}
    currentId=${`row-${shown[at]}`}
  >
    ${(place) => {
      const row = trace.rows[shown[place]];
      return html`<${Row}
        key=${row.id}
        row=${row}
        number=${shown[place]}
        whole=${whole}
        isCurrent=${place === at}
        isFound=${found.has(shown[place])}
        isOnPath=${showsPath && row.isCritical}
        expanded=${hasChildren(trace.rows, shown[place]) ? !collapsed.has(row.id) : null}
        onChoose=${() => onChoose(place)}
        onToggle=${() => tree.toggle(row.id)}
      />`;
    }}
  <//>`;
}

/** How many seconds the picture is long: up to what ended last; where nothing has, up to now. */
function length(trace) {
  const ended = trace.rows.reduce((last, row) => Math.max(last, row.start + (row.duration ?? 0)), trace.duration ?? 0);
  const isOpen = trace.rows.some((row) => row.duration == null);
  return ended > 0 || !isOpen ? ended : Math.max(0, Date.now() / 1000 - trace.startTime);
}

function Row({ row, number, whole, isCurrent, isFound, isOnPath, expanded, onChoose, onToggle }) {
  const share = (time) => (whole > 0 ? (100 * time) / whole : 0);
  const from = Math.min(99.7, share(row.start));
  const length = row.duration == null ? 100 - from : Math.max(0.3, share(row.duration));
  const bar = ["bar", row.outcome, isOnPath && "critical", row.duration == null && "open"];
  const more = { row, number, isCurrent, expanded, onChoose, onToggle };
  return html`<${TreeRow} id=${`row-${number}`} classes=${[isFound && "found", row.isSegment && "segment"]} beside=${row.outcome !== "ok" && html`<${Outcome} of=${row.outcome} />`} ...${more}>
    <span role="gridcell" class="time"><span class=${bar.filter(Boolean).join(" ")} style=${{ left: `${from}%`, width: `${Math.min(length, 100 - from)}%` }} /></span>
    <span role="gridcell" class="number">${seconds(row.duration)}${isOnPath ? html`<span class="hidden">, on the critical path</span>` : ""}</span>
  <//>`;
}
