// A field for a filter expression of X-Ray: what is wrong in it is shown at its place, and what can come next is offered.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { Candidates, completed, cursorOf, setCursor } from "/page/completion.js";
import { html } from "/page/form.js";
import { filter, go, idIn } from "/page/place.js";
import { RangeField } from "/page/range.js";

/** Whether the next bar that is drawn, or the present one, is to be typed into. */
export const isWanted = signal(false);

/** What the server says of a text with the cursor in it. */
function useCheck(text, cursor, isOpen) {
  const [check, setCheck] = useState({ text: null, problem: null, completion: null });
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const { problem = null, completion = null } = await ask("/local/filter", { text, before: cursor }).catch(() => ({}));
      if (isCurrent) setCheck({ text, cursor, problem, completion });
    }, 120);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text, cursor, isOpen]);
  return check;
}

/** `onInput` is given the text, `onCheck` what is wrong with it; `refusal` is what else is, and `note` what it is where it is no filter. */
export function FilterField({ id, label, value, onInput, onCheck, refusal, note, placeholder, name, hidden }) {
  const field = useRef(null);
  const [cursor, setCursorAt] = useState(value.length);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const wanted = useRef(null);
  const { text, problem, completion, cursor: checked } = useCheck(value, cursor, isOpen);
  const candidates = isOpen && !note && text === value && checked === cursor ? (completion?.candidates ?? []) : [];
  useEffect(() => onCheck?.(text === value ? problem : null), [text, problem, value]);
  useEffect(() => setAt(-1), [value, cursor]);
  // Before the next key is pressed.
  useLayoutEffect(() => {
    if (wanted.current == null) return;
    setCursor(field.current, wanted.current);
    wanted.current = null;
  }, [value]);
  // While one is typing, what is only not finished is no mistake, nor is what can still become one of the candidates.
  const isUnfinished = isOpen && (candidates.length > 0 || problem?.column > [...value].length);
  const mistake = text === value && !note && problem && !isUnfinished ? problem : null;
  const look = () => setCursorAt(cursorOf(field.current));
  const choose = (number) => {
    const next = completed(value, cursor, completion.from, candidates[number].text);
    wanted.current = next.cursor;
    onInput(next.text);
    setCursorAt(next.cursor);
    setOpen(true);
  };
  const press = (event) => {
    const isList = candidates.length > 0;
    const turn = (step) => setAt((at) => (at < 0 && step < 0 ? candidates.length - 1 : (at + step + candidates.length) % candidates.length));
    if (event.key === "ArrowDown" && !isList) setOpen(true);
    else if (event.key === "ArrowDown") turn(1);
    else if (event.key === "ArrowUp" && isList) turn(-1);
    else if (event.key === "Enter" && isList && at >= 0) choose(at);
    else if (event.key === "Escape" && isOpen) setOpen(false);
    else if (event.key === " " && event.ctrlKey) setOpen(true);
    else {
      if (event.key === "Enter") setOpen(false);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const list = `${id}-next`;
  return html`<div class="filtering">
    <label class=${hidden ? "hidden" : ""} for=${id}>${label}</label>
    <div class="combo">
      <input
        id=${id}
        name=${name}
        ref=${field}
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded=${candidates.length > 0 ? "true" : "false"}
        aria-controls=${candidates.length > 0 ? list : undefined}
        aria-activedescendant=${at >= 0 && candidates.length > 0 ? `${list}-${at}` : undefined}
        spellcheck=${false}
        autocomplete="off"
        placeholder=${placeholder}
        value=${value}
        aria-invalid=${mistake || refusal ? "true" : "false"}
        aria-describedby=${`${id}-problem`}
        onInput=${(event) => (onInput(event.currentTarget.value), look(), setOpen(true))}
        onKeyDown=${press}
        onKeyUp=${look}
        onClick=${() => (look(), setOpen(true))}
        onBlur=${() => setOpen(false)}
      />
      ${candidates.length > 0 && html`<${Candidates} id=${list} candidates=${candidates} at=${at} onChoose=${choose} />`}
    </div>
    <output id=${`${id}-problem`} class=${note ? "quiet" : "problem"}>${note ?? refusal ?? (mistake && html`<${Pointer} text=${value} problem=${mistake} />`)}</output>
  </div>`;
}

export function FilterBar() {
  const [text, setText] = useState(filter.value);
  const [problem, setProblem] = useState(null);
  useEffect(() => setText(filter.value), [filter.value]);
  useEffect(() => {
    if (!isWanted.value) return;
    isWanted.value = false;
    document.getElementById("filter").focus();
  }, [isWanted.value]);
  const trace = idIn(text);
  const note = trace && html`That is a trace: Enter opens <code>${trace}</code>.`;
  const submit = (event) => {
    event.preventDefault();
    if (trace) go({ to: "trace", id: trace });
    else if (!problem) go({ filter: text.trim() });
  };
  return html`<form class="filter" role="search" onSubmit=${submit}>
    <${FilterField} id="filter" label="Filter expression" hidden placeholder='Filter, as service("orders") { fault = true }, or a trace id   ( / )' value=${text} note=${note} onInput=${setText} onCheck=${setProblem} />
    <${RangeField} />
    <button type="submit" disabled=${problem != null && !trace}>${trace ? "Open" : "Apply"}</button>
  </form>`;
}

/** The text once more, with a mark under the character where it stops making sense. */
function Pointer({ text, problem }) {
  const letters = [...text];
  const at = problem.column - 1;
  return html`<code>${letters.slice(0, at).join("")}<mark>${letters[at] ?? " "}</mark>${letters.slice(at + 1).join("")}</code>
    column ${problem.column}: ${problem.message}`;
}
