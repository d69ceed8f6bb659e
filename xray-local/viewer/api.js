// What the page asks the server: the X-Ray API, and what it draws beyond that.

import { computed, signal } from "@preact/signals";

/** Calls an operation of the X-Ray API. */
export async function call(path, input = {}) {
  return answer(await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(input) }));
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
  return answer(await fetch(query ? `${path}?${query}` : path));
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(body.message ?? `the server answered ${response.status}`);
}

/** What became of the documents that came, as the server tells whenever it changes. */
export const ledger = signal(null);
/** Whether views follow what comes. */
export const isLive = signal(true);
/** Whether the server can be heard. */
export const isConnected = signal(false);

/** Changes when a view that is live should be drawn anew. */
export const news = computed(() => (isLive.value && ledger.value ? ledger.value.stored : 0));

export function listen() {
  const events = new EventSource("/local/events");
  events.onopen = () => (isConnected.value = true);
  events.onerror = () => (isConnected.value = false);
  events.onmessage = (event) => {
    isConnected.value = true;
    ledger.value = JSON.parse(event.data);
  };
}
