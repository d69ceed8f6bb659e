// What the page asks the server: the X-Ray API, and what it draws beyond that.

import { request } from "/page/access.js";

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
