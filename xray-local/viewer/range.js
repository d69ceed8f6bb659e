// Of what time views tell.

import { html } from "/page/form.js";
import { RANGES, go, group, id, ownRange, range } from "/page/place.js";

export function RangeField() {
  return html`<label>
    <span class="hidden">Time</span>
    <select value=${range.value} onChange=${(event) => go({ id: id.value, group: group.value, range: event.currentTarget.value })}>
      ${ownRange.value && html`<option value=${range.value} selected>${ownRange.value}</option>`}
      ${Object.keys(RANGES).map((name) => html`<option value=${name} selected=${name === range.value}>${name === "all" ? "all times" : `last ${name}`}</option>`)}
    </select>
  </label>`;
}

/** The heading of a view that tells of a time, with that time beside it. */
export function TimedHeading({ children }) {
  return html`<div class="heading"><h1>${children}</h1><${RangeField} /></div>`;
}
