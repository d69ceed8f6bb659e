// Whether one has to sign in, who has, and what their key may do. Of a secret only the signing keys of three days are kept, in this
// tab and in others of this page, until these days are over or somebody signs out.

import { signal } from "@preact/signals";
import { signature, signingKey, stamp } from "/page/sign.js";

const PLACE = "signing-keys";
const DAY = 86_400_000;
const JSON_BODY = { "content-type": "application/json" };

/** Who may do what: `{ isOpen, key, permitted }`. Null where one has to sign in first; undefined while that is not known. */
export const access = signal();

/** Why nobody is signed in, where that is to be told. */
export const reason = signal(null);

/** `{ id, keys }`, with a signing key for each day. */
let held = JSON.parse(sessionStorage.getItem(PLACE));

/** How much the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

/** The other tabs of the page, in which links were opened. */
const tabs = new BroadcastChannel(PLACE);

export const may = (operation) => access.value?.permitted.includes(operation) ?? false;

/** Whether the browser lends its cryptography: only to a page that nobody can have changed on its way. */
export const canSign = () => globalThis.crypto?.subtle != null;

/** Asks the server, signed where somebody has signed in. */
export async function request(method, path, body, options = {}) {
  const url = new URL(path, location.origin);
  const send = async () => fetch(url, { ...options, method, body, headers: { ...(body && JSON_BODY), ...(held && (await signatures(method, url, body))) } });
  let response = await send();
  if (response.status === 403 && held && hasOtherClock(response)) response = await send();
  // Who is known and may not do this stays signed in.
  if (response.status === 403 && response.headers.get("x-amzn-errortype") !== "AccessDeniedException") {
    const { message = null } = await response.clone().json().catch(() => ({}));
    end(held && message);
  }
  return response;
}

function signatures(method, url, body) {
  const time = Date.now() + ahead;
  const key = held.keys[stamp(time).slice(0, 8)];
  if (key) return signature({ id: held.id, key, time, method, url, body });
  end("The signing keys are those of days that are over.");
  throw new Error(reason.value);
}

/** Notes the server's time. Returns whether it is another than was thought, so that signing once more may help. */
function hasOtherClock(response) {
  const apart = Date.parse(response.headers.get("date")) - Date.now();
  if (!(Math.abs(apart - ahead) > 240_000)) return false;
  ahead = apart;
  return true;
}

/** Asks who one is. Another tab may know, too. */
export async function enter() {
  if (!held) tabs.postMessage({ asks: true });
  const response = await request("GET", "/local/access").catch(() => null);
  if (!response?.ok) return;
  const found = await response.json();
  access.value = found.isOpen || found.key ? found : null;
}

/** What the server says of the key stands in `reason`, where it does not take it. */
export async function signIn(id, secret) {
  const days = [-DAY, 0, DAY].map((away) => stamp(Date.now() + away).slice(0, 8));
  const keys = await Promise.all(days.map(async (day) => [day, await signingKey(secret, day)]));
  hold({ id, keys: Object.fromEntries(keys) });
  reason.value = null;
  await enter();
  if (access.value) tabs.postMessage({ held });
  else reason.value ??= "The server does not answer.";
}

/** Signs out, here and in the other tabs. */
export function signOut() {
  end(null);
  tabs.postMessage({ held: null });
}

function end(why) {
  hold(null);
  reason.value = why;
  access.value = null;
}

function hold(keys) {
  held = keys;
  if (held) sessionStorage.setItem(PLACE, JSON.stringify(held));
  else sessionStorage.removeItem(PLACE);
}

tabs.onmessage = ({ data }) => {
  if (data.asks && held && access.value) tabs.postMessage({ held });
  else if (data.held === null) end(null);
  else if (data.held && !access.value) {
    hold(data.held);
    enter();
  }
};
