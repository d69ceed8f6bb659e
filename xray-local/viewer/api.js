// What the page asks the server: the X-Ray API, and what it draws beyond that.

import { effect, signal } from "@preact/signals";
import { may, request } from "/page/access.js";

/** Calls an operation of the X-Ray API. */
export async function call(path, input = {}) {
  return answer(await reach("POST", path, JSON.stringify(input)));
}

/** All pages of a list that an operation gives out. */
export async function pages(path, list, input = {}) {
  const found = [];
  let token;
  do {
    const page = await call(path, token ? { ...input, NextToken: token } : input);
    found.push(...page[list]);
    token = page.NextToken;
  } while (token);
  return found;
}

/** Asks for what the server draws. */
export async function ask(path, words = {}) {
  const query = new URLSearchParams(words).toString();
  return answer(await reach("GET", query ? `${path}?${query}` : path));
}

const unreachable = () => new Error(`The server at ${location.host} does not answer: it was stopped, or there is no way to it. Start xray-local again; this page goes on by itself when it hears from it.`);

/** Browsers say of a server that cannot be reached only that fetching failed, as a `TypeError`. */
const reach = (...asked) =>
  request(...asked).catch((error) => {
    throw error instanceof TypeError ? unreachable() : error;
  });

async function answer(response) {
  const text = await response.text().catch(() => {
    throw unreachable();
  });
  if (response.ok) return JSON.parse(text);
  throw new Error(refusal(text) ?? `the server answered ${response.status}`);
}

function refusal(text) {
  try {
    return JSON.parse(text).message;
  } catch {
    return null;
  }
}

/** How much came and how much is there, as the server tells whenever it changes. */
export const totals = signal(null);
/** Whether views follow what comes. */
export const isLive = signal(true);
/** Whether the server can be heard. */
export const isConnected = signal(false);

/** How often the server was heard anew. */
const connections = signal(0);

/** Changes when views should be drawn anew: with what comes, while they are live, and when the server is there again. */
export const news = signal("");

effect(() => {
  if (isLive.value && totals.value) news.value = `${connections.value} ${totals.value.stored + totals.value.rejected + totals.value.removedTraces}`;
});

/** Hears what the server tells for as long as there is somebody who may hear it. */
export function listen() {
  effect(() => {
    if (!may("GetTraceSummaries")) return;
    const stop = new AbortController();
    hear(stop.signal);
    return () => {
      stop.abort();
      totals.value = null;
      isConnected.value = false;
    };
  });
}

/** How long to wait before the server is called once more, in milliseconds. */
const PAUSE = 1000;

// No EventSource, for its requests cannot be signed.
async function hear(signal) {
  while (!signal.aborted) {
    const response = await request("GET", "/local/events", undefined, { signal }).catch(() => null);
    if (response?.ok) {
      connections.value += 1;
      await read(response.body).catch(() => {});
    }
    isConnected.value = false;
    if (response?.status === 403) return;
    await new Promise((go) => setTimeout(go, PAUSE));
  }
}

async function read(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    isConnected.value = true;
    const events = (text + value).split("\n\n");
    text = events.pop();
    const told = events.filter((event) => event.startsWith("data:")).at(-1);
    if (told) totals.value = JSON.parse(told.slice("data:".length));
  }
}
