// Keys that work wherever the focus is, but for what uses them itself.

import { useEffect, useRef } from "preact/hooks";

/** What hears keys, in the order in which it is asked. */
const hearers = [];

/** What uses some keys itself: elements, and the keys that are theirs. */
const OWN = [
  ["input, select, textarea, [contenteditable]", () => true],
  ["a[href], button, summary, [role=button]", (key) => key === "Enter"],
  ["button, summary, [role=button]", (key) => key === " "],
  ["[role=tablist]", (key) => /^(Arrow|Home|End)/.test(key)],
  ["[role=region], [role=tabpanel], section[tabindex], pre[tabindex], .keys", (key) => /^(Arrow|Page|Home|End| )/.test(key)],
];

/** While something is written or asked, keys do nothing else; Escape leaves a form. */
const isTaken = (key) => document.querySelector(key === "Escape" ? "dialog[open]" : "dialog[open], form.editor") != null;

const isOwn = ({ target, key }) => isTaken(key) || OWN.some(([elements, isTheirs]) => isTheirs(key) && target.closest(elements));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isOwn(event)) return;
  const act = hearers.map((keys) => keys()[event.key]).find(Boolean);
  if (!act) return;
  event.preventDefault();
  act(event);
});

/** What keys do while this is shown. What is shown later is asked before what was there, and the page as a whole, `isLast`, after all. */
export function useKeys(keys, { isLast = false } = {}) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const hearer = () => latest.current;
    if (isLast) hearers.push(hearer);
    else hearers.unshift(hearer);
    return () => hearers.splice(hearers.indexOf(hearer), 1);
  }, []);
}
