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

/** A view moved so that something of a size is in it, by its middle; as it is where it is in it. */
function showing(view, { x, y, width, height }) {
  const far = { x: x - view.x - view.width / 2, y: y - view.y - view.height / 2 };
  const isInSight = Math.abs(far.x) + width / 2 <= view.width / 2 && Math.abs(far.y) + height / 2 <= view.height / 2;
  return isInSight ? view : { ...view, x: view.x + far.x, y: view.y + far.y };
}

/** Units of a drawing by pixel, in a view of a box. */
const scaleOf = (view, box) => Math.max(view.width / box.width, view.height / box.height);

/** A view of a box that became another, at the same scale. */
function resized(view, before, now, size) {
  const scale = scaleOf(view, before);
  return moved({ ...view, width: now.width * scale, height: now.height * scale }, size, { x: 0, y: 0 });
}

/**
 * What part of a drawing is in sight: dragged by a pointer, scrolled by the wheel, zoomed by buttons and by the wheel with Ctrl. It begins with
 * all of it, or where that could not be read, at the left end, about the height `y`. Once somebody has gone somewhere in it, they stay there at
 * that scale, however the drawing and its box grow; `place`, where one is, stays in sight until somebody moves on.
 */
export function useZoom(size, y, place) {
  const [view, setView] = useState({ x: 0, y: 0, ...size });
  const box = useRef(null);
  const from = useRef(null);
  const seen = useRef(null);
  const isMoved = useRef(false);
  const isHeld = useRef(Boolean(place));
  const held = useRef(place);
  held.current = place;
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      if (!box.current) return;
      const now = { width: box.current.clientWidth, height: box.current.clientHeight, whole: `${size.width} ${size.height}` };
      const before = seen.current;
      if (before?.width === now.width && before.whole === now.whole) return;
      seen.current = now;
      setView((old) => {
        const next = before && isMoved.current ? resized(old, before, now, size) : legible(size, now, y);
        return isHeld.current && held.current ? showing(next, held.current) : next;
      });
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [size.width, size.height]);
  const goes = () => {
    isMoved.current = true;
    isHeld.current = false;
  };
  const zoom = (factor) => {
    goes();
    setView((old) => {
      if (factor === 0) return { x: 0, y: 0, ...size };
      const [width, height] = [old.width * factor, old.height * factor];
      return { x: old.x + (old.width - width) / 2, y: old.y + (old.height - height) / 2, width, height };
    });
  };
  const latest = useRef(view);
  latest.current = view;
  useEffect(() => {
    const wheel = (event) => {
      const old = latest.current;
      const unit = scaleOf(old, { width: box.current.clientWidth, height: box.current.clientHeight });
      const next = moved(old, size, { x: event.deltaX * unit, y: event.deltaY * unit });
      // Where there is no more to see, the page scrolls.
      const moves = Math.abs(next.x - old.x) + Math.abs(next.y - old.y) > 0.5;
      if (!event.ctrlKey && !moves) return;
      event.preventDefault();
      goes();
      if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.1 : 0.9);
      else setView(next);
    };
    const element = box.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [size.width, size.height]);
  /** Moves into sight what one goes to, and keeps it there. */
  const show = (place) => {
    isMoved.current = true;
    isHeld.current = true;
    held.current = place;
    setView((old) => showing(old, place));
  };
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
      goes();
      setView({ ...from.current.view, x, y });
    },
  };
}
