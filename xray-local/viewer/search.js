// How the traces of a list were found: by the index, or by reading them. Asked for when it is unfolded.

import { ask } from "/page/api.js";
import { Folded, Problem, bytes, count, html, useLoaded } from "/page/form.js";
import { news } from "/page/news.js";
import { filter, range, times } from "/page/place.js";

export const Search = () => html`<${Folded} title="How they were found" className="search"><${Explained} /><//>`;

function Explained() {
  const { value, error } = useLoaded(() => ask("/local/explain", { ...times(), filter: filter.value }), [filter.value, range.value], news.value);
  if (!value) return html`<${Problem} error=${error} />`;
  const { Traces, Bytes, Blocks, BlocksSearched, Terms, Candidates, Doubtful, TracesRead, Found } = value;
  return html`<${Problem} error=${error} />
    <p>The index knows ${count(Traces)} traces, in ${counted(Blocks, "block")} and ${bytes(Bytes)}. For the first page ${BlocksSearched === 1 ? "1 block was" : `${count(BlocksSearched)} blocks were`} searched, and ${read(TracesRead)}.</p>
    <dl>
      <dt>looked at</dt><dd>${counted(Candidates, "trace")} that the index found${Doubtful > 0 ? `, ${count(Doubtful)} of them too large for it` : ""}</dd>
      <dt>read</dt><dd>${counted(TracesRead, "trace")}</dd>
      <dt>on the first page</dt><dd>${counted(Found, "trace")}</dd>
    </dl>
    ${Terms.length > 0 && html`<table>
      <thead><tr><th>condition</th><th class="number">holds for</th><th class="number">looked up in</th></tr></thead>
      <tbody>${Terms.map(({ Term, Traces, Blocks }) => html`<tr><th scope="row"><code>${Term}</code></th><td class="number">${counted(Traces, "trace")}</td><td class="number">${counted(Blocks, "block")}</td></tr>`)}</tbody>
    </table>`}`;
}

const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

const read = (number) => (number === 0 ? "no trace had to be read" : `${counted(number, "trace")} had to be read`);
