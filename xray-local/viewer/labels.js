// Where the labels of calls stand: each on its own call, and off all others, off the boxes and off one another.

/** Parts of a call at which its label may stand: best behind the middle, where those of one caller have parted. */
export const PARTS = [0.6, 0.55, 0.65, 0.5, 0.7, 0.45, 0.75, 0.4, 0.8, 0.35, 0.3, 0.25];

/** How far apart the points are by which a call is known, and how large the squares in which they are looked for. */
const [STEP, SQUARE] = [8, 32];

/** A point on the curve of a call. */
export function pointOn({ from, to, bend }, part) {
  const rest = 1 - part;
  const [near, far] = [3 * rest * rest * part, 3 * rest * part * part];
  const x = rest ** 3 * from.x + near * (from.x + bend) + far * (to.x - bend) + part ** 3 * to.x;
  return { x, y: from.y + (far + part ** 3) * (to.y - from.y) };
}

/** The room of a label with these lines about its middle. */
export function roomOf(lines, { x, y }) {
  const [width, height] = [8 + 5.4 * Math.max(...lines.map((line) => line.length)), 14 * lines.length];
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/**
 * Finds a place for the label of each call, which has a `curve` and `lines`. Where there is none for all lines, there may be one for the first.
 * `boxes` are taken already. What finds no place is null.
 */
export function place(calls, boxes) {
  const points = pointsOf(calls.map((call) => call.curve));
  const taken = [...boxes];
  return calls.map(({ curve, lines }, call) => {
    for (const some of lines.length > 1 ? [lines, lines.slice(0, 1)] : [lines]) {
      for (const part of some.length > 0 ? PARTS : []) {
        const at = pointOn(curve, part);
        const room = roomOf(some, at);
        if (taken.some((other) => meet(room, other)) || isCrossed(points, room, call)) continue;
        taken.push(room);
        return { ...at, lines: some };
      }
    }
    return null;
  });
}

/** A number for it. That far apart some share one does no harm. */
const squareOf = (x, y) => Math.floor(x / SQUARE) * 10_007 + Math.floor(y / SQUARE);

/** Points on all curves, by the square that they are in. */
function pointsOf(curves) {
  const squares = new Map();
  curves.forEach((curve, call) => {
    const length = Math.abs(curve.to.x - curve.from.x) + Math.abs(curve.to.y - curve.from.y) + 2 * curve.bend;
    const count = Math.ceil(length / STEP);
    for (let number = 0; number <= count; number += 1) {
      const { x, y } = pointOn(curve, number / count);
      const square = squareOf(x, y);
      if (!squares.has(square)) squares.set(square, []);
      squares.get(square).push({ x, y, call });
    }
  });
  return squares;
}

/** Whether another call goes through a room. */
function isCrossed(squares, { left, right, top, bottom }, own) {
  const goesThrough = ({ x, y, call }) => call !== own && left < x && x < right && top < y && y < bottom;
  for (let x = left; x < right + SQUARE; x += SQUARE) {
    for (let y = top; y < bottom + SQUARE; y += SQUARE) {
      if (squares.get(squareOf(x, y))?.some(goesThrough)) return true;
    }
  }
  return false;
}
