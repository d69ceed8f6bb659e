// The page as a whole: its views, and the keys that work in all of them.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { access, enter, signOut } from "/page/access.js";
import { CompareView } from "/page/compare.js";
import { isWanted as isFilterWanted } from "/page/filter.js";
import { count, html, useTitle } from "/page/form.js";
import { GroupsView } from "/page/groups.js";
import { HealthView } from "/page/health.js";
import { InsightsView } from "/page/insights.js";
import { useKeys } from "/page/keys.js";
import { LedgerView } from "/page/ledger.js";
import { MapView } from "/page/map.js";
import { isConnected, isLive, listen, totals } from "/page/news.js";
import { go, link, view } from "/page/place.js";
import { SamplingView } from "/page/sampling.js";
import { Permitted, SignIn } from "/page/signin.js";
import { TraceView } from "/page/trace.js";
import { TracesView } from "/page/traces.js";

/** Each view with the operation that it takes. */
const VIEWS = {
  map: [MapView, "GetServiceGraph"],
  traces: [TracesView, "GetTraceSummaries"],
  trace: [TraceView, "BatchGetTraces"],
  compare: [CompareView, "BatchGetTraces"],
  sampling: [SamplingView, "GetSamplingRules"],
  groups: [GroupsView, "GetGroups"],
  insights: [InsightsView, "GetInsightSummaries"],
  ledger: [LedgerView, "GetTraceSummaries"],
  health: [HealthView, "GetTraceSummaries"],
};

/** The views that one goes to by name. */
const TOP = ["map", "traces", "sampling", "groups", "insights", "ledger", "health"];

/** The view that another one belongs to. */
const ABOVE = { trace: "traces", compare: "traces" };

const KEYS = [
  ["/", "filter traces"],
  ["m t s g i", "map, traces, sampling, groups, insights"],
  ["l", "ledger, where there is no tree"],
  ["d", "health"],
  ["space", "live or paused"],
  ["j k ↓ ↑", "down, up"],
  ["h l ← →", "collapse, expand"],
  ["[ ]", "collapse all, expand all"],
  ["enter", "open"],
  ["e E", "next, previous error"],
  ["n N", "next, previous found or different"],
  ["c", "critical path"],
  ["x", "compare with another trace"],
  ["del", "delete the trace, when you have said so"],
  ["y Y", "copy the trace's id, the segment's JSON"],
  ["?", "these keys"],
];

function Page() {
  const [showsKeys, setShowsKeys] = useState(false);
  useKeys(
    {
      "/": () => {
        isFilterWanted.value = true;
        if (view.value !== "traces") go({ to: "traces" });
      },
      m: () => go({ to: "map" }),
      t: () => go({ to: "traces" }),
      s: () => go({ to: "sampling" }),
      g: () => go({ to: "groups" }),
      i: () => go({ to: "insights" }),
      l: () => go({ to: "ledger" }),
      d: () => go({ to: "health" }),
      "?": () => setShowsKeys((shows) => !shows),
      " ": () => (isLive.value = !isLive.value),
    },
    { isLast: true },
  );
  const key = access.value?.key;
  return html`
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), document.getElementById("main").focus())}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${link({ to: "map" })}>xray-local</a>
      ${access.value && html`<${Views} /><${Presence} />`}
      <button class="help" onClick=${() => setShowsKeys(!showsKeys)} aria-expanded=${String(showsKeys)}>keys (?)</button>
      ${key && html`<button onClick=${signOut} title="Signed in with the key ${key}">sign out ${key}</button>`}
    </header>
    ${showsKeys && html`<${Keys} onClose=${() => setShowsKeys(false)} />`}
    <main id="main" tabindex="-1"><${Content} /></main>`;
}

/** All keys. The focus goes there, and back to where it was. */
function Keys({ onClose }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.focus();
    return () => before?.focus?.();
  }, []);
  useKeys({ Escape: onClose });
  return html`<aside class="keys" aria-label="Keys" tabindex="-1" ref=${box}>
    <dl>${KEYS.map(([keys, what]) => html`<dt><kbd>${keys}</kbd></dt><dd>${what}</dd>`)}</dl>
    <p class="quiet">Made with <a href="/page/vendor/LICENSES">Preact, htm and signals</a>.</p>
  </aside>`;
}

function Views() {
  const nav = useRef(null);
  useEffect(() => nav.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [view.value]);
  return html`<nav aria-label="Views" ref=${nav}>${TOP.map((name) => html`<a href=${link({ to: name })} aria-current=${(ABOVE[view.value] ?? view.value) === name ? "page" : undefined}>${name}</a>`)}</nav>`;
}

/** What is there, and whether one sees it come. */
function Presence() {
  const counts = totals.value;
  return html`<span class="quiet count" role="status">${counts ? `${count(counts.traces)} trace${counts.traces === 1 ? "" : "s"}` : ""}${counts?.rejected ? `, ${count(counts.rejected)} refused since it started` : ""}</span>
    <button class="live" aria-pressed=${String(isLive.value)} onClick=${() => (isLive.value = !isLive.value)}>${isLive.value ? (isConnected.value ? html`<span class="dot" aria-hidden="true">●</span> live` : "○ not connected") : "❚❚ paused"}</button>`;
}

function NoView() {
  useTitle("No such view");
  return html`<section class="view"><h1>No such view</h1><p class="nothing">There is no view <code>${view.value}</code> here. ${TOP.map((name, at) => html`${at > 0 && ", "}<a href=${link({ to: name })}>${name}</a>`)}</p></section>`;
}

function Content() {
  if (access.value === undefined) return null;
  if (access.value === null) return html`<${SignIn} />`;
  if (!Object.hasOwn(VIEWS, view.value)) return html`<${NoView} />`;
  const [View, operation] = VIEWS[view.value];
  return html`<${Permitted} operation=${operation}><${View} /><//>`;
}

enter();
listen();
render(html`<${Page} />`, document.getElementById("app"));
