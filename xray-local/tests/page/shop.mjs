// Traces for the tests of the page: a shop whose front calls orders, which calls a table, a database and a payment service.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";

export const hex = (bytes) => randomBytes(bytes).toString("hex");

export const traceId = (time) => `1-${Math.floor(time).toString(16).padStart(8, "0")}-${hex(12)}`;

/** The documents of one request, which began at `time` and took `took` seconds. */
export function request({ time, took = 0.2, fails = false, path = "/checkout", id = traceId(time) }) {
  const [front, call, orders] = [hex(8), hex(8), hex(8)];
  const part = (from, to) => ({ start_time: time + took * from, end_time: time + took * to });
  const status = fails ? 500 : 200;
  return [
    {
      name: "front", id: front, trace_id: id, ...part(0, 1), origin: "AWS::ECS::Container", user: "alice",
      ...(fails && { fault: true }),
      http: { request: { method: "GET", url: `http://shop.example.com${path}` }, response: { status } },
      annotations: { basket: 3, express: true },
      subsegments: [
        { name: "price", id: hex(8), ...part(0.05, 0.1), metadata: { shop: { lines: [1, 2, 3] } } },
        {
          name: "orders", id: call, namespace: "remote", ...part(0.1, 0.9),
          ...(fails && { fault: true }),
          http: { request: { method: "POST", url: "http://orders.internal/", traced: true }, response: { status } },
        },
      ],
    },
    {
      name: "orders", id: orders, trace_id: id, parent_id: call, ...part(0.15, 0.85), origin: "AWS::EC2::Instance",
      ...(fails && { fault: true }),
      http: { request: { method: "POST", url: "http://orders.internal/" }, response: { status } },
      subsegments: [
        { name: "DynamoDB", id: hex(8), namespace: "aws", ...part(0.2, 0.3), aws: { operation: "GetItem", table_name: "stock" } },
        {
          name: "shop@db", id: hex(8), namespace: "remote", ...part(0.3, 0.4),
          sql: { url: "db:5432", sanitized_query: "SELECT * FROM orders WHERE id = ?" },
        },
        {
          name: "payments", id: hex(8), namespace: "remote", ...part(0.4, 0.8),
          http: { request: { method: "POST", url: "http://payments.example.com/" }, response: { status: fails ? 503 : 200 } },
          ...(fails && {
            fault: true,
            cause: { exceptions: [{ id: hex(8), type: "PaymentRefused", message: "the card was refused", stack: [{ label: "pay", path: "src/pay.rs", line: 42 }] }] },
          }),
        },
      ],
    },
  ];
}

/** A trace of one segment with so many subsegments. */
export function large(time, count) {
  const id = traceId(time);
  const root = hex(8);
  const documents = [{ name: "nightly", id: root, trace_id: id, start_time: time, end_time: time + count / 100 }];
  for (let number = 0; number < count; number += 100) {
    const parent = hex(8);
    const at = time + number / 100;
    const step = (offset) => ({ name: `step ${number + offset}`, id: hex(8), start_time: at + offset / 100, end_time: at + (offset + 1) / 100 });
    documents.push({
      name: `batch ${number / 100}`, id: parent, trace_id: id, parent_id: root, type: "subsegment",
      start_time: at, end_time: at + 1, subsegments: Array.from({ length: 99 }, (_, offset) => step(offset)),
    });
  }
  return { id, documents };
}

/** The documents of a request to a service that calls others, each of which answers. */
export function calls(time, name, called) {
  const [id, root] = [traceId(time), hex(8)];
  const took = (from, to) => ({ start_time: time + from, end_time: time + to });
  const made = called.map((other, at) => ({ name: other, id: hex(8), namespace: "remote", ...took(0.01 * at, 0.01 * at + 0.01) }));
  const answers = made.map((call) => ({ ...call, id: hex(8), trace_id: id, parent_id: call.id, namespace: undefined }));
  return [{ name, id: root, trace_id: id, ...took(0, 0.1), subsegments: made }, ...answers];
}

/** What an attacker would send. */
export function hostile(time) {
  const script = "<img src=x onerror=\"window.broken=1\"><script>window.broken=1</script>";
  let nested = { end: script };
  for (let level = 0; level < 200; level += 1) nested = { nested };
  const id = traceId(time);
  return {
    id,
    documents: [
      {
        name: "hostile", id: hex(8), trace_id: id, start_time: time, end_time: time + 0.1, user: script, fault: true,
        http: { request: { method: script, url: `javascript:${script}`, user_agent: script }, response: { status: 500 } },
        annotations: { key: script },
        metadata: { default: { nested, long: "x".repeat(1_000_000) } },
        cause: { exceptions: [{ id: hex(8), type: script, message: script, stack: [{ label: script, path: script, line: 1 }] }] },
      },
    ],
  };
}

/** Stores documents, a few at a time. */
export async function put(url, documents) {
  for (let at = 0; at < documents.length; at += 50) {
    const TraceSegmentDocuments = documents.slice(at, at + 50).map((document) => JSON.stringify(document));
    const response = await fetch(`${url}/TraceSegments`, { method: "POST", body: JSON.stringify({ TraceSegmentDocuments }) });
    const body = await response.json();
    if (!response.ok || body.UnprocessedTraceSegments.length > 0) throw new Error(`not stored: ${JSON.stringify(body).slice(0, 500)}`);
  }
}

/** A time that is over. */
export function now() {
  return Date.now() / 1000 - 20;
}

/** A few requests, every fifth of which fails. */
export function some(count) {
  return Array.from({ length: count }, (_, at) =>
    request({ time: now() - at, took: 0.05 + (at % 10) * 0.04, fails: at % 5 === 4, path: at % 2 ? "/checkout" : "/orders" }),
  ).flat();
}

/** Two traces of which the second left out the price, asked the database twice, and was slower. */
export async function unequal(url) {
  const [one, other] = [request({ time: now() - 5, took: 0.1 }), request({ time: now(), took: 0.4 })];
  other[0].subsegments.shift();
  const again = { ...other[1].subsegments[1], id: "abcdefabcdefabcd", start_time: other[1].start_time + 0.2 };
  other[1].subsegments.push({ ...again, sql: { ...again.sql, sanitized_query: "SELECT again" } });
  await put(url, [...one, ...other]);
  return [one[0].trace_id, other[0].trace_id];
}

/** A service that was fine and then failed for three minutes. */
export async function failing(url) {
  const documents = [];
  for (let minute = 12; minute > 0; minute -= 1) {
    for (let turn = 0; turn < 6; turn += 1) documents.push(...request({ time: now() - minute * 60 - turn, fails: minute <= 8 && minute > 5 && turn < 5 }));
  }
  await put(url, documents);
  await api(url, "/UpdateGroup", { GroupName: "Default", InsightsConfiguration: { InsightsEnabled: true } });
}

/** Calls an operation of the X-Ray API, as other programs do. */
export async function api(url, path, input) {
  const response = await fetch(url + path, { method: "POST", body: JSON.stringify(input) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

/** Sends documents over UDP, as programs do. */
export async function send(url, documents) {
  const { hostname, port } = new URL(url);
  const socket = createSocket("udp4");
  for (const document of documents) await new Promise((sent) => socket.send(`{"format":"json","version":1}\n${JSON.stringify(document)}`, port, hostname, sent));
  socket.close();
}
