// Signature Version 4: how AWS's clients sign requests, by the browser's own cryptography.

const ALGORITHM = "AWS4-HMAC-SHA256";

/** Of the scope of a signing key. AWS has no such region, so keys of AWS that are used here as well are good for nothing there. */
const REGION = "local";

const encoder = new TextEncoder();

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));

const hash = async (text) => hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));

async function mac(key, text) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)));
}

/** A time as signatures have it, as 20261126T101530Z. Its first eight digits are the day, by UTC. */
export const stamp = (time) => new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");

/** What a secret makes of a day, in hex: enough to sign requests to X-Ray on that day, and the secret cannot be found from it. */
export async function signingKey(secret, day) {
  let key = encoder.encode(`AWS4${secret}`);
  for (const part of [day, REGION, "xray", "aws4_request"]) key = await mac(key, part);
  return hex(key);
}

/** Everything but letters, digits and -._~ is encoded. */
const encoded = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

/** The headers that make a request one of a key's owner. `key` is the signing key of the day of `time`. */
export async function signature({ id, key, time, method, url, body = "" }) {
  const date = stamp(time);
  const scope = [date.slice(0, 8), REGION, "xray", "aws4_request"].join("/");
  const path = url.pathname.split("/").map(encoded).join("/");
  const query = [...url.searchParams].map((pair) => pair.map(encoded).join("=")).sort();
  const names = "host;x-amz-date";
  const request = [method, path, query.join("&"), `host:${url.host}`, `x-amz-date:${date}`, "", names, await hash(body)].join("\n");
  const signed = await mac(bytes(key), [ALGORITHM, date, scope, await hash(request)].join("\n"));
  return { "x-amz-date": date, authorization: `${ALGORITHM} Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${hex(signed)}` };
}
