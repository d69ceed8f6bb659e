// Text that came from others, as it may stand on a page.

/** What steers how the text around it is written, or is not seen: the same as `xray-local` leaves out on a terminal, but for line breaks and tabs. */
const HARMFUL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with a mark in place of each of these. */
export const printable = (text) => text.replace(HARMFUL, "\ufffd");

/** JSON that means the same, with these as escapes. */
export const printableJson = (text) => text.replace(HARMFUL, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A text cut in its middle, so that `fits` holds of it: what begins alike with others often ends otherwise. */
export function cutInside(text, fits) {
  if (fits(text)) return text;
  const letters = [...text];
  const cut = (kept) => `${letters.slice(0, Math.ceil(kept / 2)).join("")}…${letters.slice(letters.length - Math.floor(kept / 2)).join("")}`;
  let [low, high] = [2, letters.length - 1];
  while (low < high) {
    const kept = Math.ceil((low + high) / 2);
    if (fits(cut(kept))) low = kept;
    else high = kept - 1;
  }
  return cut(low);
}

/** What is drawn, with its texts made printable. */
export function shown(part) {
  if (typeof part === "string") return printable(part);
  return Array.isArray(part) ? part.map(shown) : part;
}

/** Attributes that are read as text. */
const READ = ["title", "aria-label", "aria-valuetext"];

export function attributes(given) {
  const found = READ.filter((name) => typeof given?.[name] === "string");
  return found.length === 0 ? given : { ...given, ...Object.fromEntries(found.map((name) => [name, printable(given[name])])) };
}
