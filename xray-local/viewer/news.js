// What the server tells of itself, as it happens. All tabs of the page share one stream of it, for a browser has few connections to a host.

import { computed, effect, signal } from "@preact/signals";
import { may, request } from "/page/access.js";

/** How much came and how much is there, as the server tells whenever it changes. */
export const totals = signal(null);
/** Whether views follow what comes. */
export const isLive = signal(true);
/** Whether the server can be heard. */
export const isConnected = signal(false);

/** How often the server was heard anew. */
const connections = signal(0);

/** Whether anybody can see the page: what is not seen need not be drawn. */
const isSeen = signal(document.visibilityState !== "hidden");
document.addEventListener("visibilitychange", () => (isSeen.value = document.visibilityState !== "hidden"));

/** Changes when views should be drawn anew: with what comes, while they are live and seen, and when the server is there again. */
export const news = signal("");

effect(() => {
  if (isLive.value && isSeen.value && totals.value) news.value = `${connections.value} ${totals.value.stored + totals.value.rejected + totals.value.removedTraces}`;
});

/** The tabs agree by a lock on one that hears the server and hands on what it hears. Where browsers give no locks, each that is seen hears for itself. */
const NAME = "news";
const { locks } = navigator;
const tabs = locks && new BroadcastChannel(NAME);

/** Whether this page has something to hear now. */
const isWanted = computed(() => may("GetTraceSummaries") && (locks != null || isSeen.value));

/** Hears what the server tells for as long as there is somebody who may hear it. */
export function listen() {
  effect(() => {
    if (!isWanted.value) return;
    const stop = new AbortController();
    const hold = () => hear(stop.signal);
    if (!locks) hold();
    else {
      tabs.onmessage = ({ data }) => follow(data);
      tabs.postMessage({ asks: true });
      locks.request(NAME, { signal: stop.signal }, hold).catch(() => {});
    }
    return () => {
      stop.abort();
      if (tabs) tabs.onmessage = null;
      clearTimeout(silence);
      isConnected.value = false;
      if (!may("GetTraceSummaries")) totals.value = null;
    };
  });
}

/** How long to wait before the server is called once more, in milliseconds. */
const PAUSE = 1000;

/** Whether it is this page that hears the server. */
let hears = false;

// No EventSource, for its requests cannot be signed.
async function hear(signal) {
  hears = true;
  while (!signal.aborted) {
    const response = await request("GET", "/local/events", undefined, { signal }).catch(() => null);
    if (response?.ok) {
      connections.value += 1;
      await read(response.body).catch(() => {});
    }
    if (signal.aborted) break;
    tell({ isConnected: false });
    if (response?.status === 403) break;
    await new Promise((go) => setTimeout(go, PAUSE));
  }
  hears = false;
}

async function read(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop();
    const told = events.filter((event) => event.startsWith("data:")).at(-1);
    tell({ isConnected: true, ...(told && { totals: JSON.parse(told.slice("data:".length)) }) });
  }
}

/** Takes in what was heard, and hands it on. */
function tell(heard) {
  take(heard);
  tabs?.postMessage({ heard });
}

function take(heard) {
  if (heard.totals) totals.value = heard.totals;
  isConnected.value = heard.isConnected;
}

/** The server says something every fifteen seconds. What another tab has not handed on for longer than this, in milliseconds, it does not hear any more. */
const SILENCE = 45_000;

let silence;

/** What another tab says: what it has heard, or that it wants to know. */
function follow({ asks, heard }) {
  if (asks && hears) tabs.postMessage({ heard: { isConnected: isConnected.value, totals: totals.value } });
  if (!heard || hears) return;
  clearTimeout(silence);
  silence = setTimeout(() => (isConnected.value = false), SILENCE);
  if (heard.isConnected && !isConnected.value) connections.value += 1;
  take(heard);
}
