// What part of a drawing is in sight.

import { useEffect, useRef, useState } from "preact/hooks";

/** Texts of a drawing are legible down to this scale: the smallest are 10.5 pixels high. */
const LEAST = 0.95;

/** All of a drawing where that is legible in a box; otherwise as much as is, from its left end, about the height `y`. */
function legible(size, box, y) {
  const [width, height] = [Math.min(size.width, box.width / LEAST), Math.min(size.height, box.height / LEAST)];
  return { x: 0, y: Math.max(0, Math.min(size.height - height, y - height / 2)), width, height };
}

/** A view moved by some of its own units, and never beyond the drawing. */
function moved(view, size, { x, y }) {
  const within = (at, room, whole) => Math.max(Math.min(0, whole - room), Math.min(Math.max(0, whole - room), at));
  return { ...view, x: within(view.x + x, view.width, size.width), y: within(view.y + y, view.height, size.height) };
}

/**
 * What part of a drawing is in sight: dragged by a pointer, scrolled by the wheel, zoomed by buttons and by the wheel with Ctrl. It begins with
 * all of it, or where that could not be read, at the left end, about the height `y`.
 */
export function useZoom(size, y) {
  const [view, setView] = useState({ x: 0, y: 0, ...size });
  const box = useRef(null);
  const from = useRef(null);
  useEffect(() => {
    let width = null;
    const watch = new ResizeObserver(() => {
      if (!box.current || box.current.clientWidth === width) return;
      const { clientWidth, clientHeight } = box.current;
      width = clientWidth;
      setView(legible(size, { width: clientWidth, height: clientHeight }, y));
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [size.width, size.height]);
  const zoom = (factor) =>
    setView((old) => {
      if (factor === 0) return { x: 0, y: 0, ...size };
      const [width, height] = [old.width * factor, old.height * factor];
      return { x: old.x + (old.width - width) / 2, y: old.y + (old.height - height) / 2, width, height };
    });
  const latest = useRef(view);
  latest.current = view;
  useEffect(() => {
    const wheel = (event) => {
      const old = latest.current;
      const unit = Math.max(old.width / box.current.clientWidth, old.height / box.current.clientHeight);
      const next = moved(old, size, { x: event.deltaX * unit, y: event.deltaY * unit });
      // Where there is no more to see, the page scrolls.
      const moves = Math.abs(next.x - old.x) + Math.abs(next.y - old.y) > 0.5;
      if (!event.ctrlKey && !moves) return;
      event.preventDefault();
      if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.1 : 0.9);
      else setView(next);
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
