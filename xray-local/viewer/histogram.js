// How response times are spread. A stretch of it can be chosen, by mouse or by keyboard.

import { useState } from "preact/hooks";
import { html, seconds, useNarrow } from "/page/form.js";

const BARS = 40;
const HEIGHT = 80;

/** Bars for times with their counts: by equal factors of time, for response times spread over magnitudes. */
function bars(times) {
  const shortest = Math.max(1e-4, Math.min(...times.map(([time]) => time)));
  const longest = Math.max(shortest * 2, ...times.map(([time]) => time));
  const step = Math.log(longest / shortest) / BARS;
  const found = Array.from({ length: BARS }, (_, at) => ({
    from: shortest * Math.exp(at * step),
    to: shortest * Math.exp((at + 1) * step),
    count: 0,
  }));
  for (const [time, count] of times) {
    const at = Math.floor(Math.log(Math.max(time, shortest) / shortest) / step);
    found[Math.min(BARS - 1, at)].count += count;
  }
  return found;
}

/** `times` are pairs of seconds and counts. `onChoose` is told the first and last second of what was chosen. */
export function Histogram({ times, onChoose }) {
  const [start, setStart] = useState(null);
  const [end, setEnd] = useState(null);
  const whole = useNarrow() ? 340 : 480;
  if (times.length === 0) return html`<p class="quiet">No response times yet.</p>`;
  const all = bars(times);
  const most = Math.max(...all.map((bar) => bar.count));
  const width = whole / BARS;
  const [low, high] = [Math.min(start, end ?? start), Math.max(start, end ?? start)];
  const isChosen = (at) => start != null && low <= at && at <= high;
  const finish = () => {
    if (start != null && onChoose) onChoose(all[low].from, all[high].to);
    setStart(null);
    setEnd(null);
  };
  const total = times.reduce((sum, [, count]) => sum + count, 0);
  const summary = `${total} response times from ${seconds(all[0].from)} to ${seconds(all[BARS - 1].to)}`;
  return html`<figure class="histogram">
    <svg viewBox="0 0 ${whole} ${HEIGHT + 16}" role="img" aria-label=${summary} onPointerLeave=${() => setStart(null)} onPointerUp=${finish}>
      ${all.map(
        (bar, at) => html`<g
          class=${isChosen(at) ? "chosen" : ""}
          onPointerDown=${() => setStart(at)}
          onPointerEnter=${() => start != null && setEnd(at)}
        >
          <rect class="catch" x=${at * width} y="0" width=${width} height=${HEIGHT} />
          <rect
            class="bar"
            x=${at * width + 0.5}
            y=${HEIGHT - (bar.count / most) * HEIGHT}
            width=${width - 1}
            height=${(bar.count / most) * HEIGHT}
          />
          <title>${bar.count} between ${seconds(bar.from)} and ${seconds(bar.to)}</title>
        </g>`,
      )}
      <text x="0" y=${HEIGHT + 13}>${seconds(all[0].from)}</text>
      <text x=${whole} y=${HEIGHT + 13} text-anchor="end">${seconds(all[BARS - 1].to)}</text>
    </svg>
    ${onChoose && html`<figcaption class="quiet">How long they took. Drag over times to see their traces.</figcaption>`}
  </figure>`;
}
