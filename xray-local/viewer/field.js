// Forms that write through the X-Ray API, whose own errors stand at the field that they are about.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "/page/form.js";
import { useKeys } from "/page/keys.js";

/** The field that an error of the API is about: the first that its text names. None where it is about something else. */
export function fieldOf(error, names) {
  const found = names.map((name) => [error.message.search(new RegExp(`\\b${name}\\b`)), name]).filter(([at]) => at >= 0);
  return found.sort(([one], [other]) => one - other)[0]?.[1] ?? null;
}

/** A number where a text is one; else the text, about which the API says what is wrong. */
export function numberOr(text) {
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

/** A form that the focus goes into, and from which it goes back to where it was. */
export function useEntered() {
  const form = useRef(null);
  useLayoutEffect(() => {
    const [before, entered] = [document.activeElement, form.current];
    entered?.querySelector("input:enabled, textarea:enabled")?.focus();
    return () => {
      const { activeElement, body } = document;
      if (activeElement === body || entered?.contains(activeElement)) before?.focus?.();
    };
  }, []);
  return form;
}

/**
 * The state of a form. `send` is given the values and throws what the API answers; `names` are its fields as the API calls them; `onCancel` is
 * called when Escape is pressed, wherever the focus is.
 */
export function useForm(start, names, send, onCancel) {
  const [values, setValues] = useState(start);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const form = useEntered();
  useKeys({ Escape: onCancel });
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      const field = fieldOf(error, names);
      // Where in the JSON it stood helps nobody who has not written any.
      const message = error.message.replace(/ at line \d+ column \d+$/, "");
      setError({ message, field });
      form.current?.querySelector(`[name="${field}"]`)?.focus();
    }
    setBusy(false);
  };
  const bind = (name) => ({
    name,
    value: values[name],
    error: error?.field === name ? error.message : null,
    onInput: (value) => {
      setValues((old) => ({ ...old, [name]: value }));
      if (error?.field === name) setError(null);
    },
  });
  const onKeyDown = (event) => event.key === "Escape" && !event.defaultPrevented && (event.preventDefault(), onCancel());
  return { frame: { ref: form, onSubmit: submit, onKeyDown }, values, error, isBusy, bind, rest: error && !error.field ? error : null };
}

/** A text field with its name, a hint, and what is wrong with it. */
export function Field({ label, name, value, hint, error, disabled, onInput, placeholder, lines }) {
  const told = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ");
  const input = {
    id: `field-${name}`,
    name,
    value,
    disabled,
    placeholder,
    spellcheck: false,
    autocomplete: "off",
    "aria-invalid": error ? "true" : "false",
    "aria-describedby": told || undefined,
    onInput: (event) => onInput(event.currentTarget.value),
  };
  return html`<div class="field">
    <label for=${`field-${name}`}>${label}</label>
    ${lines ? html`<textarea rows=${lines} ...${input}></textarea>` : html`<input type="text" ...${input} />`}
    ${hint && html`<small id=${`${name}-hint`}>${hint}</small>`}
    ${error && html`<p id=${`${name}-error`} class="problem" role="alert">${error}</p>`}
  </div>`;
}

export function Check({ label, name, value, error, disabled, onInput }) {
  return html`<div class="field check">
    <label><input type="checkbox" name=${name} checked=${value} disabled=${disabled} onChange=${(event) => onInput(event.currentTarget.checked)} /> ${label}</label>
    ${error && html`<p class="problem" role="alert">${error}</p>`}
  </div>`;
}

/** A button that asks before it does what it says. What does no harm is at hand first. */
export function Confirmed({ what, onConfirm, label }) {
  const [isAsked, setAsked] = useState(false);
  const wasAsked = useRef(false);
  const box = useRef(null);
  useLayoutEffect(() => {
    if (isAsked !== wasAsked.current) box.current.querySelector("button:last-child").focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
  const confirm = (event) => {
    // The button goes with what it is about.
    event.currentTarget.closest("[role=region]")?.focus();
    wasAsked.current = false;
    setAsked(false);
    onConfirm();
  };
  const leave = (event) => event.key === "Escape" && (event.preventDefault(), setAsked(false));
  return html`<span class="asked" ref=${box} onKeyDown=${leave}>${
    isAsked
      ? html`<button key="yes" type="button" class="danger" onClick=${confirm}>yes, ${what}</button> <button key="no" type="button" onClick=${() => setAsked(false)}>no</button>`
      : html`<button key="ask" type="button" aria-label=${label} onClick=${() => setAsked(true)}>${what}</button>`
  }</span>`;
}
