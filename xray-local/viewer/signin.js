// Signing in with a key, where the server takes signed requests only.

import { useState } from "preact/hooks";
import { access, canSign, may, reason, signIn } from "/page/access.js";
import { useEntered } from "/page/field.js";
import { html } from "/page/form.js";

export function SignIn() {
  const [values, setValues] = useState({ id: "", secret: "" });
  const [isBusy, setBusy] = useState(false);
  const form = useEntered();
  const bind = (name) => ({ name, value: values[name], onInput: (event) => setValues({ ...values, [name]: event.currentTarget.value }) });
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    await signIn(values.id.trim(), values.secret.trim());
    setBusy(false);
  };
  return html`<section class="view" aria-label="Sign in">
    <h1>Sign in</h1>
    <p class="lead">This server answers signed requests only. Its keys are in the file that it was started with (<code>--keys</code>).</p>
    ${reason.value && html`<p class="problem" role="alert">${reason.value}</p>`}
    ${canSign()
      ? html`<form class="editor" ref=${form} onSubmit=${submit} aria-label="Sign in">
          <div class="field"><label for="key-id">access key id</label><input id="key-id" type="text" autocomplete="username" spellcheck=${false} required ...${bind("id")} /></div>
          <div class="field"><label for="secret">secret access key</label><input id="secret" type="password" autocomplete="current-password" required ...${bind("secret")} /></div>
          <p class="quiet">The secret is not sent and not kept. What it makes of today and tomorrow signs what this page asks for, until you sign out or close its tabs.</p>
          <p class="tools"><button type="submit" disabled=${isBusy}>Sign in</button></p>
        </form>`
      : html`<${Insecure} />`}
  </section>`;
}

/** Without TLS from another machine, whoever stands between could have put a page of their own in place of this one. */
function Insecure() {
  return html`<div class="nothing">
    <p>This page came over plain HTTP from another machine. On the way somebody could have changed it, and would learn the secret, so the browser signs nothing here. Open it by a tunnel, or behind a proxy with TLS (and <code>--allow-host</code>):</p>
    <pre>ssh -L 2000:127.0.0.1:${location.port || "80"} ${location.hostname}</pre>
    <p>and then <code>http://127.0.0.1:2000</code>.</p>
  </div>`;
}

/** A view, where the key may do what it takes. */
export function Permitted({ operation, children }) {
  if (may(operation)) return children;
  const { key, permitted } = access.value;
  return html`<section class="view" aria-label="Not permitted">
    <h1>This key may not read</h1>
    <p class="lead">To look at this takes <code>xray:${operation}</code>, as the policy AWSXrayReadOnlyAccess has it. The key <code>${key}</code> may do ${permitted.length > 0 ? permitted.join(", ") : "nothing that there is"}. Sign out, and in again with another.</p>
  </section>`;
}
