// How response times are spread. A stretch of it can be chosen, by mouse or by keyboard.

import { useBrush } from "/page/brush.js";
import { count, html, seconds, useNarrow } from "/page/form.js";

const BARS = 40;
const HEIGHT = 80;

/** Bars for times with their counts: by equal factors of time, for response times spread over magnitudes. */
function bars(all) {
  let [shortest, longest] = [Infinity, 0];
  for (const [time] of all) [shortest, longest] = [Math.min(shortest, time), Math.max(longest, time)];
  shortest = Math.max(1e-4, shortest);
  longest = Math.max(shortest * 2, longest);
  const step = Math.log(longest / shortest) / BARS;
  const found = Array.from({ length: BARS }, (_, at) => ({
    from: shortest * Math.exp(at * step),
    to: shortest * Math.exp((at + 1) * step),
    count: 0,
  }));
  for (const [time, times] of all) {
    const at = Math.floor(Math.log(Math.max(time, shortest) / shortest) / step);
    found[Math.min(BARS - 1, at)].count += times;
  }
  return found;
}

/** `times` are pairs of seconds and counts. `onChoose` is told the first and last second of what was chosen. */
export function Histogram({ times, onChoose }) {
  const whole = useNarrow() ? 340 : 480;
  const all = times.length === 0 ? [] : bars(times);
  const sum = (some) => some.reduce((sum, bar) => sum + bar.count, 0);
  const between = (first, last) => `${seconds(all[first].from)} to ${seconds(all[last].to)}`;
  const { isChosen, told, picture } = useBrush(BARS, {
    label: all.length === 0 ? "" : `${count(sum(all))} response times from ${between(0, BARS - 1)}`,
    tell: (first, last) => `${between(first, last)}: ${count(sum(all.slice(first, last + 1)))}`,
    onChoose: onChoose && ((first, last) => onChoose(all[first].from, all[last].to)),
  });
  if (all.length === 0) return html`<p class="quiet">No response times yet.</p>`;
  const most = Math.max(...all.map((bar) => bar.count));
  const width = whole / BARS;
  return html`<figure class="histogram">
    <svg viewBox="0 0 ${whole} ${HEIGHT + 16}" ...${picture}>
      ${all.map((bar, at) => {
        const height = (bar.count / most) * HEIGHT;
        return html`<g class=${isChosen(at) ? "chosen" : ""}>
          <rect class="catch" x=${at * width} y="0" width=${width} height=${HEIGHT} />
          <rect class="bar" x=${at * width + 0.5} y=${HEIGHT - height} width=${width - 1} height=${height} />
          <title>${bar.count} between ${seconds(bar.from)} and ${seconds(bar.to)}</title>
        </g>`;
      })}
      <text x="0" y=${HEIGHT + 13}>${seconds(all[0].from)}</text>
      <text x=${whole} y=${HEIGHT + 13} text-anchor="end">${seconds(all[BARS - 1].to)}</text>
    </svg>
    ${onChoose && html`<figcaption class="quiet">${told ?? "How long they took. Drag over a stretch to see its traces, or use ← → with shift, and enter."}</figcaption>`}
  </figure>`;
}
