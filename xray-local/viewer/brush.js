// A stretch of a row of bars is chosen: by mouse, by finger, or by keyboard.

import { useState } from "preact/hooks";

/**
 * What a picture of `count` bars needs so that a stretch of them can be chosen. `tell` says in words what the first and the last of them
 * stand for; `onChoose` is given both. `told` is what is chosen so far, in words.
 */
export function useBrush(count, { label, tell, onChoose }) {
  const [stretch, setStretch] = useState(null);
  if (!onChoose) return { isChosen: () => false, told: null, picture: { role: "img", "aria-label": label } };
  const within = (at) => Math.max(0, Math.min(count - 1, at));
  const [first, last] = stretch ? [Math.min(stretch.from, stretch.at), Math.max(stretch.from, stretch.at)] : [];
  const place = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    return within(Math.floor(((event.clientX - box.left) / box.width) * count));
  };
  const choose = () => {
    setStretch(null);
    if (stretch) onChoose(first, last);
  };
  const step = (event, at) => setStretch({ from: event.shiftKey && stretch ? stretch.from : within(at), at: within(at) });
  const keys = {
    ArrowLeft: (event) => step(event, stretch ? stretch.at - 1 : count - 1),
    ArrowRight: (event) => step(event, stretch ? stretch.at + 1 : 0),
    Home: (event) => step(event, 0),
    End: (event) => step(event, count - 1),
    Enter: choose,
    " ": choose,
    Escape: () => setStretch(null),
  };
  const told = stretch && tell(first, last);
  return {
    isChosen: (at) => stretch != null && first <= at && at <= last,
    told,
    picture: {
      role: "slider",
      tabindex: "0",
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": count - 1,
      "aria-valuenow": stretch?.at ?? 0,
      "aria-valuetext": told ?? "nothing chosen",
      onPointerDown: (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setStretch({ from: place(event), at: place(event), isHeld: true });
      },
      onPointerMove: (event) => stretch?.isHeld && setStretch({ ...stretch, at: place(event) }),
      onPointerUp: () => stretch?.isHeld && choose(),
      onPointerCancel: () => setStretch(null),
      onBlur: () => setStretch(null),
      onKeyDown: (event) => {
        if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key](event);
      },
    },
  };
}
