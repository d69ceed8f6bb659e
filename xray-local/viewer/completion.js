// A list of what can be typed next, at a text field: walked by keys while the field keeps the focus.

import { useEffect, useRef } from "preact/hooks";
import { html } from "/page/form.js";

/** Puts a candidate into a text in place of what was typed of it. Returns the text, and where the cursor then stands. */
export function completed(text, cursor, from, candidate) {
  const letters = [...text];
  const before = letters.slice(0, from).join("") + candidate;
  const after = letters.slice(cursor).join("");
  return { text: before + (before.endsWith(" ") ? after.replace(/^ /, "") : after), cursor: [...before].length };
}

/** How many letters stand before the cursor: letters, as the server counts them, not UTF-16 units. */
export function cursorOf(field) {
  return [...field.value.slice(0, field.selectionStart ?? field.value.length)].length;
}

export function setCursor(field, cursor) {
  const at = [...field.value].slice(0, cursor).join("").length;
  field.setSelectionRange(at, at);
}

/** `id` is that of the list; the field names it by aria-controls, and the chosen option by aria-activedescendant. */
export function Candidates({ id, candidates, at, onChoose }) {
  const list = useRef(null);
  useEffect(() => list.current?.children[at]?.scrollIntoView?.({ block: "nearest" }), [at]);
  return html`<ul class="candidates" role="listbox" id=${id} aria-label="What can come next" ref=${list}>
    ${candidates.map(
      ({ text, kind, note }, number) => html`<li
        role="option"
        id=${`${id}-${number}`}
        aria-selected=${number === at ? "true" : "false"}
        onPointerDown=${(event) => (event.preventDefault(), onChoose(number))}
      ><code>${text.trim()}</code> <span class="kind">${kind}</span> <span class="note">${note}</span></li>`,
    )}
  </ul>`;
}
