// Forms that write through the X-Ray API, whose own errors stand at the field that they are about.

import { useRef, useState } from "preact/hooks";
import { html } from "/page/form.js";

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

/**
 * The state of a form. `send` is given the values and throws what the API answers; `names` are its fields as the API calls them.
 */
export function useForm(start, names, send) {
  const [values, setValues] = useState(start);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef(null);
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
  return { form, values, error, isBusy, submit, bind, rest: error && !error.field ? error : null };
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

/** A button that has to be pressed twice. */
export function Confirmed({ what, onConfirm, label }) {
  const [isAsked, setAsked] = useState(false);
  if (!isAsked) return html`<button type="button" aria-label=${label} onClick=${() => setAsked(true)}>${what}</button>`;
  return html`<span class="asked"><button type="button" class="danger" ref=${(button) => button?.focus()} onClick=${() => (setAsked(false), onConfirm())}>yes, ${what}</button> <button type="button" onClick=${() => setAsked(false)}>no</button></span>`;
}
