// One sampling rule, to be made or changed.

import { call } from "/page/api.js";
import { Problem, html } from "/page/form.js";
import { Field, numberOr, useForm } from "/page/field.js";

/** What a request is held against. Wildcards: * for any text, ? for one character. */
export const MATCHED = [
  ["ServiceName", "service", "the name of its segment"],
  ["ServiceType", "service type", "as AWS::ECS::Container"],
  ["Host", "host", "from the Host header"],
  ["HTTPMethod", "method", "as GET"],
  ["URLPath", "path", "as /orders/*"],
  ["ResourceARN", "resource ARN", "of what it runs on"],
];

const NAMES = ["RuleName", "Priority", "ReservoirSize", "FixedRate", "Attributes", ...MATCHED.map(([name]) => name)];

const NEW = { RuleName: "", Priority: "100", ReservoirSize: "1", FixedRate: "0.05", Attributes: "", ...Object.fromEntries(MATCHED.map(([name]) => [name, "*"])) };

function start(rule) {
  if (!rule) return NEW;
  const attributes = Object.entries(rule.Attributes ?? {}).map(([name, value]) => `${name} = ${value}`).join("\n");
  return { ...Object.fromEntries(NAMES.map((name) => [name, String(rule[name] ?? "")])), Attributes: attributes };
}

function written(values, isDefault) {
  const numbers = Object.fromEntries(["Priority", "ReservoirSize", "FixedRate"].map((name) => [name, numberOr(values[name])]));
  if (isDefault) return { RuleName: values.RuleName, ReservoirSize: numbers.ReservoirSize, FixedRate: numbers.FixedRate };
  const lines = values.Attributes.split("\n").filter((line) => line.trim());
  const Attributes = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2).map((part) => part.trim())).map(([name, value = ""]) => [name, value]));
  return { ...values, ...numbers, Attributes };
}

/** `rule` is none for a new one. */
export function RuleForm({ rule, onDone, onCancel }) {
  const isDefault = rule?.RuleName === "Default";
  const { frame, isBusy, bind, rest } = useForm(start(rule), NAMES, async (values) => {
    const said = written(values, isDefault);
    if (rule) await call("/UpdateSamplingRule", { SamplingRuleUpdate: said });
    else await call("/CreateSamplingRule", { SamplingRule: { ...said, Version: 1 } });
    onDone();
  }, onCancel);
  return html`<form class="editor" ...${frame} aria-label=${rule ? `Rule ${rule.RuleName}` : "New rule"}>
    <h2>${rule ? html`Rule ${rule.RuleName}` : "New rule"}</h2>
    ${isDefault && html`<p class="quiet">The default rule decides where no other one matches. Only its reservoir and its rate can be changed.</p>`}
    <fieldset>
      <legend>which</legend>
      <${Field} label="name" ...${bind("RuleName")} disabled=${rule != null} />
      <${Field} label="priority" hint="1 to 9999, the lowest is tried first" ...${bind("Priority")} disabled=${isDefault} />
    </fieldset>
    <fieldset>
      <legend>how many are recorded</legend>
      <${Field} label="reservoir" hint="so many a second first, by all clients together" ...${bind("ReservoirSize")} />
      <${Field} label="rate" hint="of the others: 0.05 is 5 %, 1 is all" ...${bind("FixedRate")} />
    </fieldset>
    <fieldset>
      <legend>which requests it is for</legend>
      ${MATCHED.map(([name, label, hint]) => html`<${Field} label=${label} hint=${hint} ...${bind(name)} disabled=${isDefault} />`)}
      <${Field} label="attributes" lines="2" hint="at most five, each as name = value on a line" ...${bind("Attributes")} disabled=${isDefault} />
    </fieldset>
    <p class="quiet">* stands for any text, ? for one character.</p>
    <${Problem} error=${rest} />
    <p class="tools"><button type="submit" disabled=${isBusy}>${rule ? "Save" : "Create"}</button> <button type="button" onClick=${onCancel}>Cancel</button></p>
  </form>`;
}
