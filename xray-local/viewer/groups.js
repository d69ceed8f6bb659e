// Groups: traces that a filter means, under a name.

import { useState } from "preact/hooks";
import { may } from "/page/access.js";
import { call, pages } from "/page/api.js";
import { Check, Confirmed, Field, useForm } from "/page/field.js";
import { FilterField } from "/page/filter.js";
import { Loading, Problem, html, useLoaded, useTitle } from "/page/form.js";
import { link } from "/page/place.js";

const NAMES = ["GroupName", "FilterExpression", "NotificationsEnabled", "InsightsEnabled"];

export function GroupsView() {
  useTitle("Groups");
  const [changes, setChanges] = useState(0);
  const [edited, setEdited] = useState(null);
  const [failure, setFailure] = useState(null);
  const { value: groups, error } = useLoaded(() => pages("/Groups", "Groups"), [changes]);
  const again = () => (setEdited(null), setFailure(null), setChanges((count) => count + 1));
  const remove = (GroupName) => call("/DeleteGroup", { GroupName }).then(again, setFailure);
  const group = groups?.find((group) => group.GroupName === edited);
  return html`<section class="view" aria-label="Groups">
    <h1>Groups</h1>
    <p class="lead">A group is a filter with a name. It has its own link to its traces, can be used in filters as <code>group.name = "…"</code>, and is watched for insights where you want it.</p>
    <${Loading} value=${groups} error=${error ?? failure} />
    ${groups && html`<div class="scrolls stacks" tabindex="0" role="region" aria-label="List of groups"><table>
      <thead><tr><th>group</th><th>filter</th><th>insights</th><th>show</th><th><span class="hidden">change</span></th></tr></thead>
      <tbody>${groups.map((group) => html`<${Row} key=${group.GroupName} group=${group} onEdit=${setEdited} onRemove=${remove} />`)}</tbody>
    </table></div>`}
    ${may("CreateGroup") && html`<p class="tools"><button aria-expanded=${String(edited === "")} onClick=${() => setEdited("")}>New group</button></p>`}
    ${(edited === "" || group) && html`<${GroupForm} key=${edited} group=${group} onDone=${again} onCancel=${() => setEdited(null)} />`}
  </section>`;
}

const isDefault = (group) => group?.GroupName === "Default";

function Row({ group, onEdit, onRemove }) {
  const { GroupName: name, FilterExpression: filter, InsightsConfiguration: insights } = group;
  const traces = isDefault(group) ? "" : `group.name = ${JSON.stringify(name)}`;
  return html`<tr>
    <th scope="row">${name}</th>
    <td data-head="filter" class="text">${filter ? html`<code>${filter}</code>` : "every trace"}</td>
    <td data-head="insights">${insights?.InsightsEnabled ? html`<a href=${link({ to: "insights", group: name })}>on</a>` : "off"}</td>
    <td data-head="show"><a href=${link({ to: "traces", filter: traces })} aria-label=${`Traces of ${name}`}>traces</a></td>
    <td class="acts">${may("UpdateGroup") && html`<button aria-label=${`Edit ${name}`} onClick=${() => onEdit(name)}>edit</button>`}${!isDefault(group) && may("DeleteGroup") && html` <${Confirmed} what="delete" label=${`Delete ${name}`} onConfirm=${() => onRemove(name)} />`}</td>
  </tr>`;
}

function GroupForm({ group, onDone, onCancel }) {
  const start = {
    GroupName: group?.GroupName ?? "",
    FilterExpression: group?.FilterExpression ?? "",
    InsightsEnabled: group?.InsightsConfiguration?.InsightsEnabled ?? false,
  };
  const { frame, isBusy, bind, rest } = useForm(start, NAMES, async ({ GroupName, FilterExpression, InsightsEnabled }) => {
    const InsightsConfiguration = { InsightsEnabled, ...(!InsightsEnabled && { NotificationsEnabled: false }) };
    const said = { GroupName, InsightsConfiguration, ...(!isDefault(group) && { FilterExpression }) };
    await call(group ? "/UpdateGroup" : "/CreateGroup", said);
    onDone();
  }, onCancel);
  const { error, ...filter } = bind("FilterExpression");
  return html`<form class="editor" ...${frame} aria-label=${group ? `Group ${group.GroupName}` : "New group"}>
    <h2>${group ? html`Group ${group.GroupName}` : "New group"}</h2>
    <${Field} label="name" ...${bind("GroupName")} disabled=${group != null} />
    ${isDefault(group)
      ? html`<p class="quiet">The default group holds every trace.</p>`
      : html`<${FilterField} label="filter" id="group-filter" ...${filter} refusal=${error} />`}
    <${Check} label="watch for insights: minutes in which a service fails more than was to be expected" ...${bind("InsightsEnabled")} />
    <${Problem} error=${rest} />
    <p class="tools"><button type="submit" disabled=${isBusy}>${group ? "Save" : "Create"}</button> <button type="button" onClick=${onCancel}>Cancel</button></p>
  </form>`;
}
