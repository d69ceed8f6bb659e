// When insights began and ended, a line each.

import { html, moment, useNarrow } from "/page/form.js";
import { link } from "/page/place.js";

const PAD = 8;
const LINE = 26;

/** The latest are enough for a picture; the list below has all. */
const MOST = 20;

export function Timeline({ insights, start, end }) {
  const width = useNarrow() ? 340 : 800;
  const shown = insights.slice(0, MOST);
  const first = Math.max(start, Math.min(...shown.map((one) => one.StartTime)) - 60);
  const place = (time) => (Math.max(0, Math.min(1, (time - first) / (end - first))) * width);
  const time = (at) => moment(first + (end - first) * at, end - first);
  const isOne = shown.every((one) => one.GroupName === shown[0].GroupName);
  const height = shown.length * LINE + 18;
  return html`<figure class="timeline">
    <svg viewBox="${-PAD} 0 ${width + 2 * PAD} ${height}" role="group" aria-label=${`${shown.length} insights over time; the list below tells of each`}>
      ${shown.map((one, at) => {
        const [from, to] = [place(one.StartTime), place(one.EndTime ?? end)];
        const isLeft = from > width / 2;
        return html`<a href=${link({ to: "insights", id: one.InsightId })} tabindex="-1">
          <rect class=${one.State === "ACTIVE" ? "active" : ""} x=${from} y=${at * LINE + 4} width=${Math.max(4, to - from)} height=${LINE - 10} rx="3" />
          <text x=${isLeft ? from - 6 : to + 6} y=${at * LINE + LINE - 10} text-anchor=${isLeft ? "end" : "start"}>${one.RootCauseServiceId.Name}${isOne ? "" : ` in ${one.GroupName}`}</text>
        </a>`;
      })}
      <text class="scale" x="0" y=${height - 3}>${time(0)}</text>
      <text class="scale" x=${width / 2} y=${height - 3} text-anchor="middle">${time(0.5)}</text>
      <text class="scale" x=${width} y=${height - 3} text-anchor="end">${time(1)}</text>
    </svg>
  </figure>`;
}
