// When traces began, and how they ended. A stretch of it can be chosen, by mouse or by keyboard.

import { useBrush } from "/page/brush.js";
import { count, html, moment, outcomeOf, useNarrow } from "/page/form.js";

const BARS = 60;
const HEIGHT = 80;

/** From the foot of a bar to its top. */
const OUTCOMES = ["fault", "throttle", "error", "ok"];

function bars(summaries, start, end) {
  const step = (end - start) / BARS;
  const found = Array.from({ length: BARS }, (_, at) => ({ from: start + at * step, ok: 0, error: 0, throttle: 0, fault: 0, total: 0 }));
  for (const summary of summaries) {
    const bar = found[Math.max(0, Math.min(BARS - 1, Math.floor((summary.StartTime - start) / step)))];
    bar[outcomeOf(summary)] += 1;
    bar.total += 1;
  }
  return found;
}

/** `isAll` says whether there are no older ones: else the picture begins with the oldest. `onChoose` is told the first and last second of what was chosen. */
export function Volume({ summaries, start, end, isAll, onChoose }) {
  const oldest = summaries.reduce((first, summary) => Math.min(first, summary.StartTime), end);
  // Of all times there is as much to be seen as there are traces.
  const isEndless = start === 0;
  const first = isAll && !isEndless ? start : oldest;
  const last = isEndless ? summaries.reduce((last, summary) => Math.max(last, summary.StartTime), first) + 1 : end;
  const all = bars(summaries, first, last);
  const most = Math.max(...all.map((bar) => bar.total));
  const step = (last - first) / BARS;
  const width = (useNarrow() ? 340 : 480) / BARS;
  const time = (seconds) => moment(seconds, last - first);
  const said = (some) => {
    const sums = OUTCOMES.map((outcome) => [some.reduce((sum, bar) => sum + bar[outcome], 0), outcome]);
    return sums.filter(([sum]) => sum > 0).map(([sum, outcome]) => `${count(sum)} ${outcome}`).join(", ");
  };
  const { isChosen, told, picture } = useBrush(BARS, {
    label: `When traces began: ${said(all)}`,
    tell: (low, high) => `${time(all[low].from)} to ${time(all[high].from + step)}: ${said(all.slice(low, high + 1)) || "none"}`,
    onChoose: (low, high) => onChoose(all[low].from, all[high].from + step),
  });
  return html`<figure class="histogram volume">
    <svg viewBox="0 0 ${width * BARS} ${HEIGHT + 16}" ...${picture}>
      ${all.map((bar, at) => html`<${Bar} bar=${bar} x=${at * width} width=${width} most=${most} isChosen=${isChosen(at)} time=${time} />`)}
      <text x="0" y=${HEIGHT + 13}>${time(first)}</text>
      <text x=${width * BARS} y=${HEIGHT + 13} text-anchor="end">${time(last)}</text>
    </svg>
    <figcaption class="quiet">${told ?? `When they began: ${said(all)}. Drag over a stretch to see its traces.`}</figcaption>
  </figure>`;
}

function Bar({ bar, x, width, most, isChosen, time }) {
  let below = 0;
  return html`<g class=${isChosen ? "chosen" : ""}>
    <rect class="catch" x=${x} y="0" width=${width} height=${HEIGHT} />
    ${OUTCOMES.map((outcome) => {
      const height = (bar[outcome] / most) * HEIGHT;
      below += height;
      return height > 0 && html`<rect class=${outcome} x=${x + 0.5} y=${HEIGHT - below} width=${width - 1} height=${height} />`;
    })}
    ${bar.total > 0 && html`<title>${time(bar.from)}: ${OUTCOMES.filter((outcome) => bar[outcome] > 0).map((outcome) => `${count(bar[outcome])} ${outcome}`).join(", ")}</title>`}
  </g>`;
}
