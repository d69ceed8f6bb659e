// Map, list and trace, and what is found in them.

import assert from "node:assert/strict";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function empty(page, url) {
  await page.goto(url);
  await shown(page, "Nothing has come in this time");
  await shown(page, `AWS_XRAY_DAEMON_ADDRESS=${new URL(url).host}`);
}

export async function map(page, url) {
  await shop.put(url, shop.some(10));
  await page.goto(`${url}/#/map`);
  const node = (name) => page.getByRole("button", { name });
  await node(/^payments remote 20 % fault · 10 \/ min · \d+ ms/).waitFor();
  await node(/^stock DynamoDB Table ok · 10 \/ min · \d+ ms/).waitFor();
  await node(/^shop@db SQL ok/).waitFor();
  await page.getByLabel("Time").selectOption("1h");
  await page.waitForURL(/range=1h/);
  await node(/^orders EC2 Instance 20 % fault/).click();
  await shown(page, "called by");
  await shoot(page, "map");
  await page.getByRole("link", { name: "those with a fault" }).click();
  await page.getByRole("heading", { name: /2 match/ }).waitFor();
}

export async function edges(page, url) {
  await shop.put(url, shop.some(10));
  await page.goto(`${url}/#/map`);
  await page.locator(".edge text", { hasText: "/ min" }).first().waitFor();
  await page.getByText("The same as tables").click();
  const calls = page.getByRole("region", { name: "Calls as a table" });
  const row = calls.getByRole("row").filter({ hasText: "payments" });
  assert.match(await row.innerText(), /orders\s+payments\s+10\s+10 \/ min\s+\d+ ms\s+\d+ ms\s+\d+ ms\s+0\s+0\s+2/);
}

export async function traces(page, url) {
  await shop.put(url, shop.some(20));
  await page.goto(`${url}/#/traces`);
  await page.getByRole("heading", { name: /^Traces 20 / }).waitFor();
  await shoot(page, "traces");
  const bar = page.getByRole("combobox", { name: "Filter expression" });
  await bar.fill("fault = true AND");
  await bar.blur();
  await shown(page, "column 17: expected a keyword");
  assert.equal(await page.getByRole("button", { name: "Apply" }).isDisabled(), true);
  await bar.fill("fault = true");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("heading", { name: /4 match/ }).waitFor();
  await page.getByText("How they were found").click();
  await page.getByRole("row").filter({ hasText: "fault = true" }).getByText("4 traces").waitFor();
  await shown(page, "no trace had to be read");
  await bar.fill('user = "nobody"');
  await bar.press("Enter");
  await shown(page, "No trace in the last 15m matches");
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByRole("heading", { name: /^Traces 20 / }).waitFor();
  await page.getByRole("slider", { name: "When traces began: 4 fault, 16 ok" }).waitFor();
}

export async function permalinks(page, url) {
  const documents = shop.some(20);
  await shop.put(url, documents);
  await page.goto(`${url}/#/traces?range=1h&filter=fault+%3D+true`);
  await page.getByRole("heading", { name: /4 match in the last 1h/ }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: /4 match in the last 1h/ }).waitFor();
  const w3c = documents[0].trace_id.replace("1-", "").replace("-", "");
  await page.goto(`${url}/#/trace/${w3c}`);
  await shown(page, documents[0].trace_id);
  await page.goto(`${url}/#/trace/1-00000000-000000000000000000000000`);
  await page.getByRole("heading", { name: "No such trace" }).waitFor();
}

/** Ids of traces are pasted as they stand in logs and headers. */
export async function pastedIds(page, url) {
  const [{ trace_id: id }] = shop.request({ time: shop.now() });
  await shop.put(url, shop.request({ time: shop.now(), id }));
  const digits = id.slice(2).replace("-", "");
  for (const text of [id, digits, `00-${digits}-53995c3f42cd8ad8-01`, `traceparent: 00-${digits}-53995c3f42cd8ad8-01`, `1${digits}`, ` ${id.toUpperCase()} `, `Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`]) {
    await page.goto(`${url}/#/traces`);
    const bar = page.getByRole("combobox", { name: "Filter expression" });
    await bar.fill(text);
    await shown(page, `Enter opens ${id}`);
    await bar.press("Enter");
    await page.waitForURL(`${url}/#/trace/${id}`);
    await page.getByRole("treegrid").waitFor();
  }
}

export async function trace(page, url) {
  const documents = shop.request({ time: shop.now(), fails: true });
  await shop.put(url, documents);
  await page.goto(`${url}/#/trace/${documents[0].trace_id}`);
  await page.getByRole("heading", { name: "GET /checkout" }).waitFor();
  assert.equal(await rows(page).count(), 7);
  await rows(page).filter({ hasText: "payments" }).click();
  await page.getByRole("tab", { name: "exceptions" }).click();
  await shown(page, "the card was refused");
  await shown(page, "src/pay.rs:42");
  await shoot(page, "trace");
  await rows(page).filter({ hasText: "shop@db" }).click();
  await page.getByRole("tab", { name: "sql" }).click();
  await shown(page, "SELECT * FROM orders WHERE id = ?");
  await page.getByRole("searchbox").fill("stock");
  await shown(page, "1 found");
  await page.getByRole("button", { name: "map" }).click();
  await page.getByRole("button", { name: /^payments remote/ }).waitFor();
}

/** What X-Ray would drop or cut is told beside the trace, and marked in what came. */
export async function findings(page, url) {
  const documents = shop.request({ time: shop.now() });
  documents[1].annotations = { "user id": "<b>7</b>" };
  await shop.put(url, documents);
  await page.goto(`${url}/#/trace/${documents[0].trace_id}`);
  await page.getByRole("button", { name: "1 finding" }).click();
  const told = page.getByRole("region", { name: "Findings" });
  await told.getByText("InvalidAnnotationKey").waitFor();
  await told.getByText("annotations.user id").waitFor();
  await accessible(page, "findings");
  await told.getByRole("button", { name: "Go to orders" }).click();
  await rows(page).locator("xpath=self::*[@aria-selected='true']").click();
  await page.getByRole("tab", { name: "received" }).click();
  await page.locator("#leaf .found").getByText("InvalidAnnotationKey").waitFor();
  assert.equal(await page.locator("#leaf pre mark").innerText(), '"');
  await shoot(page, "findings");
  await shop.put(url, shop.request({ time: shop.now(), id: shop.traceId(shop.now() - 1) }));
  await page.goto(`${url}/#/traces`);
  await rows(page).first().click();
  await page.getByRole("button", { name: "no findings" }).waitFor();
}

export async function live(page, url) {
  await shop.put(url, shop.some(3));
  await page.goto(`${url}/#/traces`);
  await page.getByRole("heading", { name: /^Traces 3 / }).waitFor();
  await shop.put(url, shop.request({ time: shop.now() }));
  await page.getByRole("heading", { name: /^Traces 4 / }).waitFor();
  await page.getByRole("button", { name: "live" }).click();
  await page.getByRole("button", { name: "paused" }).waitFor();
  await shop.put(url, shop.request({ time: shop.now() }));
  await shown(page, "5 traces");
  await page.getByRole("heading", { name: /^Traces 4 / }).waitFor();
  await page.getByRole("button", { name: "paused" }).click();
  await page.getByRole("heading", { name: /^Traces 5 / }).waitFor();
}

export async function hostile(page, url) {
  const { id, documents } = shop.hostile(shop.now());
  await shop.put(url, documents);
  await page.goto(`${url}/#/map`);
  await page.getByRole("button", { name: /^hostile service 100 % fault/ }).waitFor();
  await page.goto(`${url}/#/traces`);
  await rows(page).filter({ hasText: "<script>" }).waitFor();
  await page.goto(`${url}/#/trace/${id}`);
  await rows(page).first().click();
  for (const leaf of ["exceptions", "annotations", "metadata", "http", "stored", "received"]) {
    await page.getByRole("tab", { name: leaf }).click();
    await page.locator("#leaf").getByText("<script>").first().waitFor();
  }
  // Deeper than anything is read: refused, and told.
  const [deep] = shop.request({ time: shop.now() });
  for (let level = 0; level < 300; level += 1) deep.metadata = { nested: deep.metadata ?? { end: "<script>" } };
  const { UnprocessedTraceSegments: refused } = await shop.api(url, "/TraceSegments", { TraceSegmentDocuments: [JSON.stringify(deep)] });
  assert.equal(refused[0].ErrorCode, "ParseError");
  await page.goto(`${url}/#/ledger`);
  await page.getByRole("rowheader", { name: "ParseError" }).waitFor();
  await shown(page, "more than 256 levels deep");
  await page.goto(`${url}/#/compare/${id}?with=${id}`);
  await rows(page).first().click();
  await shown(page, "more values are the same in both");
  await page.goto(`${url}/#/sampling`);
  await page.locator(".decisions summary").getByText("<script>").waitFor();
  await page.goto(`${url}/#/traces`);
  await page.locator("#filter").fill("annotation.key = ");
  await page.getByRole("option").filter({ hasText: "<script>" }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.broken), undefined);
}

/** Where something comes all the time, and answers take long, views show what they have. */
export async function busy(page, url) {
  await page.route("**/TraceSummaries", async (route) => {
    await new Promise((go) => setTimeout(go, 1200));
    await route.continue();
  });
  await shop.put(url, shop.request({ time: shop.now() }));
  await page.goto(`${url}/#/traces`);
  const coming = setInterval(() => shop.put(url, shop.request({ time: shop.now() })), 200);
  try {
    await page.getByRole("heading", { name: /^Traces [1-9]/ }).waitFor({ timeout: 8_000 });
    await page.getByRole("heading", { name: /^Traces \d\d/ }).waitFor({ timeout: 12_000 });
  } finally {
    clearInterval(coming);
  }
}
