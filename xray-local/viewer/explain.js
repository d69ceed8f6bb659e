// Which rule would decide on a request, and how.

import { useState } from "preact/hooks";
import { ask } from "/page/api.js";
import { Trials } from "/page/decisions.js";
import { Field } from "/page/field.js";
import { Problem, html, percent, useLoaded } from "/page/form.js";

const ASKED = [
  ["service", "service", "front"],
  ["method", "method", "GET"],
  ["host", "host", "shop.example.com"],
  ["path", "path", "/orders/7"],
  ["type", "service type", "AWS::ECS::Container"],
];

/** `changes` tells when the rules are others. */
export function Explain({ rules, changes }) {
  const [values, setValues] = useState({});
  const asked = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim()));
  const { value, error } = useLoaded(() => ask("/local/sampling/explain", asked), [JSON.stringify(asked), changes]);
  const isAsked = Object.keys(asked).length > 0;
  const rule = rules.find((rule) => rule.RuleName === value?.trials.at(-1)?.rule);
  return html`<details class="explain">
    <summary>Which rule would decide on a request?</summary>
    <form class="fields" onSubmit=${(event) => event.preventDefault()}>
      ${ASKED.map(([name, label, placeholder]) => html`<${Field} label=${label} name=${`asked-${name}`} value=${values[name] ?? ""} placeholder=${placeholder} onInput=${(text) => setValues((old) => ({ ...old, [name]: text }))} />`)}
    </form>
    <p class="quiet">${isAsked ? "What is left open matches every rule, but for attributes." : "Type what is known of a request."}</p>
    <${Problem} error=${error} />
    ${isAsked && value && rule && html`<div role="status"><${Trials} trials=${value.trials} /><p>${outlook(rule, value.use)}</p></div>`}
  </details>`;
}

function outlook(rule, used) {
  const chance = used?.boost ?? rule.FixedRate;
  if (rule.ReservoirSize === 0) return chance === 0 ? "It is not recorded: the rule has no reservoir, and its rate is 0." : `It is recorded by chance: ${percent(chance)} are.`;
  const { clients = 0, quota = 0 } = used ?? {};
  const now = clients > 0 ? `${clients === 1 ? "1 program reports" : `${clients} programs report`} now, and may use ${quota} of them` : "none reports now; until it is given its part, each borrows one a second";
  return `The first ${rule.ReservoirSize} a second are recorded, by all programs together (${now}). Of the others ${percent(chance)} are, by chance.`;
}
