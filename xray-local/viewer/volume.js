// When traces began, and how they ended.

import { count, html, outcomeOf, useNarrow } from "/page/form.js";

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

/** `isAll` says whether there are no older ones: else the picture begins with the oldest. */
export function Volume({ summaries, start, end, isAll }) {
  const all = bars(summaries, isAll ? start : Math.min(...summaries.map((summary) => summary.StartTime)), end);
  const most = Math.max(...all.map((bar) => bar.total));
  const width = (useNarrow() ? 340 : 480) / BARS;
  const sum = (outcome) => all.reduce((sum, bar) => sum + bar[outcome], 0);
  const told = OUTCOMES.filter((outcome) => sum(outcome) > 0).map((outcome) => `${count(sum(outcome))} ${outcome}`);
  return html`<figure class="histogram volume">
    <svg viewBox="0 0 ${width * BARS} ${HEIGHT + 16}" role="img" aria-label=${`When traces began: ${told.join(", ")}`}>
      ${all.map((bar, at) => html`<${Bar} bar=${bar} x=${at * width} width=${width} most=${most} />`)}
      <text x="0" y=${HEIGHT + 13}>${time(all[0].from)}</text>
      <text x=${width * BARS} y=${HEIGHT + 13} text-anchor="end">${time(end)}</text>
    </svg>
    <figcaption class="quiet">When they began: ${told.join(", ")}.</figcaption>
  </figure>`;
}

function Bar({ bar, x, width, most }) {
  let below = 0;
  return html`<g>
    ${OUTCOMES.map((outcome) => {
      const height = (bar[outcome] / most) * HEIGHT;
      below += height;
      return height > 0 && html`<rect class=${outcome} x=${x + 0.5} y=${HEIGHT - below} width=${width - 1} height=${height} />`;
    })}
    ${bar.total > 0 && html`<title>${time(bar.from)}: ${OUTCOMES.filter((outcome) => bar[outcome] > 0).map((outcome) => `${count(bar[outcome])} ${outcome}`).join(", ")}</title>`}
  </g>`;
}

const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
