// A grid of rows of equal height, of which only those in sight are in the page. It scrolls itself, so that it is one stop of the keyboard.

import { useEffect, useState } from "preact/hooks";
import { html } from "/page/form.js";

/** The height of the line of headings, which stays in sight. */
const HEAD = 28;

/**
 * `count` rows are drawn by `children`, by their numbers. `current` is the number of the row one is at and `currentId` its element's; `total` is
 * how many there were if none was folded away; `box` is a reference to the element.
 */
export function Grid({ box, role, className, label, heads, count, total = count, height, current, currentId, children }) {
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const look = () => box.current && setSight({ top: box.current.scrollTop, height: box.current.clientHeight });
  useEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const { scrollTop, clientHeight } = box.current;
    const top = current * height;
    if (top < scrollTop) box.current.scrollTop = top;
    else if (HEAD + top + height > scrollTop + clientHeight) box.current.scrollTop = HEAD + top + height - clientHeight;
  }, [current, count]);
  const first = Math.max(0, Math.floor(sight.top / height) - 10);
  const last = Math.min(count, Math.ceil((sight.top + sight.height) / height) + 10);
  const shown = [];
  for (let at = first; at < last; at += 1) shown.push(children(at));
  return html`<div class="table ${className}" role=${role} aria-label=${label} aria-rowcount=${total + 1} aria-activedescendant=${currentId} tabindex="0" ref=${box} onScroll=${look}>
    <div role="rowgroup" class="top-line"><div class="row head" role="row">${heads}</div></div>
    <div role="rowgroup" class="rows" style=${{ height: `${count * height}px` }}>
      <div role="presentation" style=${{ transform: `translateY(${first * height}px)` }}>${shown}</div>
    </div>
  </div>`;
}
