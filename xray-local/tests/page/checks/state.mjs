// What the server tells of itself, of sampling and of insights.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";

import { accessible, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function sampling(page, url) {
  const documents = shop.some(4);
  documents[0].aws = { xray: { sampling_rule_name: "checkouts" } };
  await shop.put(url, documents);
  const any = { ResourceARN: "*", ServiceType: "*", ServiceName: "*", HTTPMethod: "*", Host: "*", Version: 1 };
  await shop.api(url, "/CreateSamplingRule", { SamplingRule: { ...any, RuleName: "checkouts", Priority: 7, FixedRate: 0.5, ReservoirSize: 3, URLPath: "/checkout" } });
  const report = { RuleName: "checkouts", ClientID: "0123456789abcdef01234567", Timestamp: shop.now(), RequestCount: 120, SampledCount: 31, BorrowCount: 2 };
  await shop.api(url, "/SamplingTargets", { SamplingStatisticsDocuments: [report] });
  await page.goto(`${url}/#/sampling`);
  const row = page.getByRole("region", { name: "Sampling rules" }).getByRole("row").filter({ hasText: "checkouts" });
  await row.waitFor();
  assert.match(await row.innerText(), /7\s+path \/checkout\s+3 \/ s\s+50 %\s+1\s+120\s+31\s+2/);
  await shown(page, "record 3 a second, then 50 %");
  const [named, other] = [page.locator(".decisions > li").nth(0), page.locator(".decisions > li").nth(1)];
  await named.getByText("recorded by rule checkouts").waitFor();
  await other.getByText("its segment names no rule").waitFor();
  await named.locator("summary").click();
  await named.getByText("path is /orders, the rule wants /checkout").waitFor();
  await named.getByText("By the rules as they are now it would fall under Default").waitFor();
  await page.getByText("Which rule would decide on a request?").click();
  await page.getByLabel("path", { exact: true }).fill("/checkout");
  await shown(page, "✓ matches, and decides");
  await shown(page, "The first 3 a second are recorded, by all programs together (1 program reports now, and may use 3 of them). Of the others 50 % are, by chance.");
}

export async function insights(page, url) {
  await page.goto(`${url}/#/insights`);
  await shown(page, "No group is watched");
  await shop.failing(url);
  await page.reload();
  await page.getByRole("group", { name: /^1 insights over time/ }).waitFor();
  await page.getByRole("link", { name: /requests to payments \(remote\) failed by its own fault/ }).last().click();
  await page.getByRole("heading", { name: "payments failed" }).waitFor();
  await shown(page, "front, orders");
  await page.getByRole("listitem").filter({ hasText: "orders AWS::EC2::Instance calls payments" }).waitFor();
  await accessible(page, "an insight");
  await page.getByRole("link", { name: "Traces of which it is the cause" }).click();
  await page.getByRole("heading", { name: /15 match/ }).waitFor();
}

export async function health(page, url) {
  await page.goto(`${url}/#/health`);
  await shown(page, "Nothing was lost since the server started.");
  const records = [{ Timestamp: shop.now(), SegmentsReceivedCount: 100, SegmentsSentCount: 97, SegmentsSpilloverCount: 3 }];
  await shop.api(url, "/TelemetryRecords", { TelemetryRecords: records, Hostname: "<i>web</i>" });
  await shop.api(url, "/TraceSegments", { TraceSegmentDocuments: ["{}"] });
  const udp = createSocket("udp4");
  for (const text of ["nonsense", '{"format":"json","version":1}\n']) await new Promise((sent) => udp.send(text, new URL(url).port, "127.0.0.1", sent));
  udp.close();
  await page.reload();
  await shown(page, "1 document refused, because X-Ray would");
  await shown(page, "2 datagrams without a document behind the header line");
  await page.getByRole("row").filter({ hasText: "<i>web</i>" }).getByRole("cell", { name: "97", exact: true }).waitFor();
}

/** What came of each service, on which way, what is wrong with it, and what programs tell of themselves. */
export async function ledger(page, url) {
  const documents = shop.request({ time: shop.now() });
  documents[1].annotations = { "user id": 7 };
  await shop.put(url, documents);
  await shop.send(url, shop.request({ time: shop.now() }));
  await shop.api(url, "/TraceSegments", { TraceSegmentDocuments: [JSON.stringify({ ...documents[0], name: "<i>front</i>" })] });
  await shop.send(url, [{ xray_sdk_health: { service: "<u>front</u>", process: 7, segments: 1200, repaired: 3, trimmed: 2, lost: [["nobody listens", 4]] } }]);
  await page.goto(`${url}/#/ledger`);
  const services = page.getByRole("region", { name: "By service" });
  const row = (name, way) => services.getByRole("row").filter({ hasText: name }).filter({ hasText: way });
  await row("orders", "UDP").getByText("nothing").waitFor();
  await row("orders", "API").getByText("InvalidAnnotationKey").click();
  await row("orders", "API").getByText("user_id in place of user id").waitFor();
  assert.match(await row("<i>front</i>", "API").innerText(), /0\s+1\s+/);
  await page.getByRole("region", { name: "Refused lately" }).getByText("use letters, digits, spaces").waitFor();
  const program = page.getByRole("region", { name: "Before it came" }).getByRole("row").filter({ hasText: "<u>front</u>" });
  assert.match(await program.innerText(), /7\s+1,200\s+0\s+3\s+2\s+0\s+4/);
  await accessible(page, "ledger");
  await shoot(page, "ledger");
}
