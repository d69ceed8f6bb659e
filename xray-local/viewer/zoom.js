// What part of a drawing is in sight.

import { useEffect, useRef, useState } from "preact/hooks";
import { useNarrow } from "/page/form.js";

/** So much of a drawing from its left end, about a height, as can be read where there is little room. */
function legible(size, y) {
  const [width, height] = [Math.min(size.width, 460), Math.min(size.height, 400)];
  return { x: 0, y: Math.max(0, Math.min(size.height - height, y - height / 2)), width, height };
}

/**
 * What part of a drawing is in sight: dragged by a pointer, zoomed by buttons and by the wheel with Ctrl. Where there is little room,
 * it begins at the left end, about the height `y`.
 */
export function useZoom(size, y) {
  const start = useNarrow() ? legible(size, y) : { x: 0, y: 0, ...size };
  const [view, setView] = useState(start);
  const box = useRef(null);
  const from = useRef(null);
  useEffect(() => setView(start), [size.width, size.height, start.width]);
  const zoom = (factor) =>
    setView((old) => {
      if (factor === 0) return { x: 0, y: 0, ...size };
      const [width, height] = [old.width * factor, old.height * factor];
      return { x: old.x + (old.width - width) / 2, y: old.y + (old.height - height) / 2, width, height };
    });
  useEffect(() => {
    const wheel = (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.1 : 0.9);
    };
    const element = box.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [size.width, size.height]);
  /** Moves into sight what the keyboard goes to: something of a size, by its middle. */
  const show = (middle, { width, height }) =>
    setView((old) => {
      const far = { x: middle.x - old.x - old.width / 2, y: middle.y - old.y - old.height / 2 };
      const isInSight = Math.abs(far.x) + width / 2 <= old.width / 2 && Math.abs(far.y) + height / 2 <= old.height / 2;
      return isInSight ? old : { ...old, x: old.x + far.x, y: old.y + far.y };
    });
  return {
    box,
    view,
    zoom,
    show,
    onPointerDown: (event) => (from.current = { x: event.clientX, y: event.clientY, view }),
    onPointerUp: () => (from.current = null),
    onPointerLeave: () => (from.current = null),
    onPointerMove: (event) => {
      if (!from.current) return;
      const scale = from.current.view.width / box.current.clientWidth;
      const x = from.current.view.x - (event.clientX - from.current.x) * scale;
      const y = from.current.view.y - (event.clientY - from.current.y) * scale;
      setView({ ...from.current.view, x, y });
    },
  };
}
