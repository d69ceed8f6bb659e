// A trace is taken out for good, once somebody has said so twice.

import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "/page/api.js";
import { Problem, html } from "/page/form.js";
import { go } from "/page/place.js";

/** A dialog that asks. `onClose` is called when nothing is to happen. */
export function Removal({ trace, onClose }) {
  const dialog = useRef(null);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current.showModal(), []);
  const remove = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await call("/local/remove", { TraceIds: [trace.id] });
      go({ to: "traces" });
    } catch (error) {
      setError(error);
      setBusy(false);
    }
  };
  return html`<dialog ref=${dialog} aria-labelledby="removal" onClose=${onClose} onKeyDown=${(event) => event.stopPropagation()}>
    <form onSubmit=${remove}>
      <h2 id="removal">Delete this trace?</h2>
      <p><code>${trace.id}</code> and all its documents. That cannot be undone. Documents that come later for it make a new trace.</p>
      <${Problem} error=${error} />
      <p class="tools"><button type="button" autofocus onClick=${() => dialog.current.close()}>Keep it</button><button type="submit" class="grave" disabled=${isBusy}>Delete</button></p>
    </form>
  </dialog>`;
}
