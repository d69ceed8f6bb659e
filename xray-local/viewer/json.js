// Values of any depth, as indented JSON.

import { html } from "/page/form.js";
import { printableJson } from "/page/text.js";

/** Lines that stand deeper than this are moved no further to the right, and tell how deep they are. */
const DEEPEST = 12;

export function Json({ of }) {
  const text = printableJson(JSON.stringify(of, null, 2));
  const lines = text.split("\n");
  const isDeep = lines.some((line) => depth(line) > DEEPEST);
  return isDeep ? html`<pre class="deep" tabindex="0"><code>${lines.map(capped).join("\n")}</code></pre>` : html`<pre>${text}</pre>`;
}

const depth = (line) => (line.length - line.trimStart().length) / 2;

function capped(line) {
  const level = depth(line);
  return level > DEEPEST ? `${"  ".repeat(DEEPEST)}${level}│ ${line.trimStart()}` : line;
}
