// A tree of rows that the keyboard walks: where one is in it, and what is collapsed. Rows have an `id` and a `level`.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "/page/form.js";
import { useKeys } from "/page/keys.js";

/** The rows that are in sight when those below the collapsed ones are not. */
export function visible(rows, collapsed) {
  const shown = [];
  let hiddenBelow = Infinity;
  rows.forEach((row, at) => {
    if (row.level > hiddenBelow) return;
    hiddenBelow = collapsed.has(row.id) ? row.level : Infinity;
    shown.push(at);
  });
  return shown;
}

export function hasChildren(rows, at) {
  return at + 1 < rows.length && rows[at + 1].level > rows[at].level;
}

/** `keys` are those of a view beside the keys that all trees have. All of them work wherever the focus is, and bring it to the tree: to the element of `box`. */
export function useTree(rows, keys = {}) {
  const [collapsed, setCollapsed] = useState(new Set());
  const [at, setAt] = useState(0);
  const box = useRef(null);
  const shown = useMemo(() => visible(rows, collapsed), [rows, collapsed]);
  useEffect(() => setAt((at) => Math.max(0, Math.min(at, shown.length - 1))), [shown.length]);
  const row = rows[shown[Math.min(at, shown.length - 1)]];

  const toggle = (id) => setCollapsed((old) => flipped(old, id));
  const step = (count) => setAt(Math.max(0, Math.min(shown.length - 1, at + count)));
  /** Goes to the next row, or the one before, of which something holds. */
  const next = (direction, isWanted) => {
    const here = shown[at] ?? 0;
    const order = rows.map((_, number) => number);
    const ahead = direction > 0 ? [...order.slice(here + 1), ...order.slice(0, here)] : [...order.slice(0, here).reverse(), ...order.slice(here + 1).reverse()];
    const found = ahead.find(isWanted);
    if (found == null) return;
    setCollapsed(new Set());
    setAt(found);
  };
  const above = () => {
    let place = at;
    while (place > 0 && rows[shown[place]].level >= row.level) place -= 1;
    setAt(place);
  };
  const expands = row && hasChildren(rows, shown[at]);
  const all = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(20),
    PageUp: () => step(-20),
    Home: () => step(-rows.length),
    End: () => step(rows.length),
    ArrowRight: () => (expands && collapsed.has(row.id) ? toggle(row.id) : step(1)),
    ArrowLeft: () => (expands && !collapsed.has(row.id) ? toggle(row.id) : above()),
    "[": () => setCollapsed(new Set(rows.filter((_, number) => hasChildren(rows, number)).map((row) => row.id))),
    "]": () => setCollapsed(new Set()),
    ...keys,
  };
  for (const [letter, key] of Object.entries({ j: "ArrowDown", k: "ArrowUp", h: "ArrowLeft", l: "ArrowRight" })) all[letter] = all[key];
  const focused = (act) => () => {
    box.current?.focus({ preventScroll: true });
    act({ row, next });
  };
  useKeys(row ? Object.fromEntries(Object.entries(all).map(([key, act]) => [key, focused(act)])) : {});
  return { rows, shown, at, row, collapsed, setAt, toggle, next, box };
}

function flipped(set, value) {
  const other = new Set(set);
  if (!other.delete(value)) other.add(value);
  return other;
}

/** A row of a tree, with its name in the first cell. `expanded` is none where there is nothing to expand; `beside` stands behind the name. */
export function TreeRow({ row, id, number, classes, isCurrent, expanded, onChoose, onToggle, beside, children }) {
  return html`<div
    class=${["row", isCurrent && "current", ...classes].filter(Boolean).join(" ")}
    role="row"
    id=${id}
    aria-rowindex=${number + 2}
    aria-level=${row.level + 1}
    aria-expanded=${expanded == null ? undefined : String(expanded)}
    aria-selected=${isCurrent ? "true" : "false"}
    onClick=${onChoose}
  >
    <span role="gridcell" class="name" style=${{ paddingLeft: `${Math.min(row.level, 24) * 14}px` }}>
      ${expanded == null
        ? html`<span class="toggle" />`
        : html`<span class="toggle" aria-hidden="true" onClick=${(event) => (event.stopPropagation(), onToggle())}>${expanded ? "▾" : "▸"}</span>`}
      <span class="text" title=${row.name}>${row.name}</span>
      ${beside}
    </span>
    ${children}
  </div>`;
}
