// The page in a browser, as people use it: by mouse, by keys, narrow, dark, live, with much and with hostile content.
//
//   node check.mjs PROGRAM CHROMIUM [FOLDER FOR SCREENSHOTS [CHECK ...]]
//
// playwright-core and axe-core are taken from the folder in which node runs. Exits with 1 and says what differs, or with 0.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import * as shop from "./shop.mjs";

const here = createRequire(join(process.cwd(), "package.json"));
const { chromium } = here("playwright-core");
// As a script of the page it would be refused, as it should.
const axe = readFileSync(here.resolve("axe-core/axe.min.js"), "utf8");

const [program, executablePath, folder] = process.argv.slice(2);
if (!executablePath) {
  console.error("usage: node check.mjs PROGRAM CHROMIUM [FOLDER], for example node check.mjs target/debug/xray-local /usr/bin/chromium");
  process.exit(2);
}

const checks = [
  empty, map, edges, traces, completion, permalinks, trace, findings, compare, sampling, ruleEditor, groups, insights, health,
  keysOnly, keysInForms, live, themes, narrow, hostile, crowdedMap, manyTraces, largeTrace, compareLarge,
];
/** Those of which the names are given beside the folder, or all. */
const wanted = process.argv.slice(5);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let failures = 0;
for (const check of checks.filter((check) => wanted.length === 0 || wanted.includes(check.name))) {
  const server = await start();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const told = watch(page, server.url);
  try {
    const figures = await check(page, server.url);
    assert.deepEqual(told, [], "nothing is asked for elsewhere, and nothing fails");
    console.log(`ok ${check.name}${figures ? `: ${figures}` : ""}`);
  } catch (error) {
    failures += 1;
    console.error(`FAILED ${check.name}: ${error.message}\n${told.join("\n")}`);
    if (folder) await page.screenshot({ path: join(folder, `failed-${check.name}.png`) });
  }
  await page.close();
  server.child.kill();
}
await browser.close();
process.exit(failures > 0 ? 1 : 0);

/** A server of its own for each check. */
async function start() {
  const child = spawn(program, ["--memory", "--bind", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  let talk = "";
  for await (const part of child.stderr) {
    talk += part;
    const found = talk.match(/AWS_ENDPOINT_URL_XRAY=(\S+)/);
    if (found) {
      child.stderr.resume();
      return { child, url: found[1] };
    }
  }
  throw new Error(`${program} did not start: ${talk}`);
}

/** What must not happen while a page is looked at. */
function watch(page, url) {
  const told = [];
  // A call that the API refuses is shown at its field; the browser tells of it as well.
  const isRefusal = (message) => message.text().includes("status of 400") && message.location().url.startsWith(url);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !isRefusal(message) && told.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => told.push(`error: ${error.message}`));
  page.on("request", (request) => request.url().startsWith(url) || request.url().startsWith("blob:") || told.push(`request: ${request.url()}`));
  return told;
}

/** A time that is over. */
function now() {
  return Date.now() / 1000 - 20;
}

/** A few requests, every fifth of which fails. */
function some(count) {
  return Array.from({ length: count }, (_, at) =>
    shop.request({ time: now() - at, took: 0.05 + (at % 10) * 0.04, fails: at % 5 === 4, path: at % 2 ? "/checkout" : "/orders" }),
  ).flat();
}

function shown(page, text) {
  return page.getByText(text, { exact: false }).first().waitFor();
}

function rows(page) {
  return page.locator(".rows .row");
}

async function shoot(page, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map((violation) => `${what}: ${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html).join(" ").slice(0, 300)}`);
  assert.deepEqual(told, []);
}

async function empty(page, url) {
  await page.goto(url);
  await shown(page, "Nothing has come in this time");
  await shown(page, `AWS_XRAY_DAEMON_ADDRESS=${new URL(url).host}`);
}

async function map(page, url) {
  await shop.put(url, some(10));
  await page.goto(`${url}/#/map`);
  const node = (name) => page.getByRole("button", { name });
  await node(/^payments remote fault · 10 \/ min · \d+ ms/).waitFor();
  await node(/^stock DynamoDB Table ok · 10 \/ min · \d+ ms/).waitFor();
  await node(/^shop@db SQL ok/).waitFor();
  await node(/^orders EC2 Instance fault/).click();
  await shown(page, "called by");
  await shoot(page, "map");
  await page.getByRole("link", { name: "those with a fault" }).click();
  await page.getByRole("heading", { name: /2 match/ }).waitFor();
}

async function traces(page, url) {
  await shop.put(url, some(20));
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
  await bar.fill('user = "nobody"');
  await bar.press("Enter");
  await shown(page, "No trace of this time matches");
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByRole("heading", { name: /^Traces 20 / }).waitFor();
  const bars = page.locator(".histogram svg");
  const box = await bars.boundingBox();
  await page.mouse.move(box.x + box.width * 0.98, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/responsetime/);
}

/** Calls an operation of the X-Ray API, as other programs do. */
async function api(url, path, input) {
  const response = await fetch(url + path, { method: "POST", body: JSON.stringify(input) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

async function edges(page, url) {
  await shop.put(url, some(10));
  await page.goto(`${url}/#/map`);
  await page.locator(".edge text", { hasText: "/ min" }).first().waitFor();
  await page.getByText("The same as tables").click();
  const calls = page.getByRole("region", { name: "Calls as a table" });
  const row = calls.getByRole("row").filter({ hasText: "payments" });
  assert.match(await row.innerText(), /orders\s+payments\s+10\s+10 \/ min\s+\d+ ms\s+\d+ ms\s+\d+ ms\s+0\s+0\s+2/);
}

async function completion(page, url) {
  await shop.put(url, some(10));
  await api(url, "/CreateGroup", { GroupName: "mine", FilterExpression: "fault" });
  await page.goto(`${url}/#/traces`);
  const field = page.getByRole("combobox", { name: "Filter expression" });
  const options = page.getByRole("listbox").getByRole("option");
  const chosen = page.locator('[role=option][aria-selected="true"]');
  const type = async (text, first) => {
    await page.keyboard.type(text);
    await options.first().filter({ hasText: first }).waitFor();
  };
  await field.click();
  await type("annot", "annotation.basket");
  await accessible(page, "completion");
  await shoot(page, "completion");
  await page.keyboard.press("ArrowDown");
  await chosen.filter({ hasText: "annotation.basket" }).waitFor();
  assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
  await page.keyboard.press("Enter");
  await options.first().filter({ hasText: "=" }).waitFor();
  assert.equal(await field.inputValue(), "annotation.basket ");
  await type("= ", "3");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type("and service(", ")");
  await type('"ord', '"orders"');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type(") { http.me", "http.method");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type('= "PO', '"POST"');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type(" ", "AND");
  await page.keyboard.type("}");
  assert.equal(await field.inputValue(), 'annotation.basket = 3 and service("orders") { http.method = "POST" }');
  await page.getByRole("button", { name: "Apply", disabled: false }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /10 match/ }).waitFor();
  await field.fill("group.name = ");
  await options.filter({ hasText: '"mine"' }).waitFor();
  await page.keyboard.press("Escape");
  await options.first().waitFor({ state: "detached" });
}

/** What X-Ray would drop or cut is told beside the trace, and marked in what came. */
async function findings(page, url) {
  const documents = shop.request({ time: now() });
  documents[1].annotations = { "user.id": "<b>7</b>" };
  await shop.put(url, documents);
  await page.goto(`${url}/#/trace/${documents[0].trace_id}`);
  await page.getByRole("button", { name: "1 finding" }).click();
  const told = page.getByRole("region", { name: "Findings" });
  await told.getByText("InvalidAnnotationKey").waitFor();
  await told.getByText("annotations.user.id").waitFor();
  await accessible(page, "findings");
  await told.getByRole("button", { name: "Go to orders" }).click();
  await rows(page).locator("xpath=self::*[@aria-selected='true']").click();
  await page.getByRole("tab", { name: "received" }).click();
  await page.locator("#leaf .found").getByText("InvalidAnnotationKey").waitFor();
  assert.equal(await page.locator("#leaf pre mark").innerText(), '"');
  await shoot(page, "findings");
  await shop.put(url, shop.request({ time: now(), id: shop.traceId(now() - 1) }));
  await page.goto(`${url}/#/traces`);
  await rows(page).first().click();
  await page.getByRole("button", { name: "no findings" }).waitFor();
}

/** Two traces of which the second left out the price, asked the database twice, and was slower. */
async function unequal(url) {
  const [one, other] = [shop.request({ time: now() - 5, took: 0.1 }), shop.request({ time: now(), took: 0.4 })];
  other[0].subsegments.shift();
  const again = { ...other[1].subsegments[1], id: "abcdefabcdefabcd", start_time: other[1].start_time + 0.2 };
  other[1].subsegments.push({ ...again, sql: { ...again.sql, sanitized_query: "SELECT again" } });
  await shop.put(url, [...one, ...other]);
  return [one[0].trace_id, other[0].trace_id];
}

async function compare(page, url) {
  const [one, other] = await unequal(url);
  await page.goto(`${url}/#/trace/${one}`);
  await page.getByRole("link", { name: "compare (x)" }).click();
  await shown(page, "Which trace is B?");
  await accessible(page, "choosing a trace to compare");
  await page.getByRole("link", { name: "GET /checkout" }).last().click();
  await shown(page, "B took 300 ms (300 %) longer than A.");
  await shown(page, "6 slower, 1 only in B, 1 only in A, of 8 parts.");
  assert.ok(page.url().endsWith(`#/compare/${one}?with=${other}`), page.url());
  await page.reload();
  await rows(page).nth(7).waitFor();
  const tree = page.getByRole("treegrid", { name: "Both traces" });
  await tree.focus();
  await page.keyboard.press("n");
  const current = () => rows(page).locator("xpath=self::*[@aria-selected='true']").innerText();
  assert.match(await current(), /price[^]*only in A/);
  await page.keyboard.press("N");
  await page.keyboard.press("N");
  assert.match(await current(), /shop@db[^]*only in B/);
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Chosen part" });
  await panel.getByText("SELECT again").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Home");
  await page.keyboard.press("h");
  assert.equal(await rows(page).count(), 1);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `compare in ${colorScheme}`);
    await shoot(page, `compare-${colorScheme}`);
  }
  await page.getByRole("link", { name: "swap A and B" }).click();
  await shown(page, "less than A.");
  await page.goto(`${url}/#/compare/${one}?with=1-00000000-000000000000000000000000`);
  await shown(page, "Nothing is stored of 1-00000000-000000000000000000000000");
}

async function sampling(page, url) {
  const documents = some(4);
  documents[0].aws = { xray: { sampling_rule_name: "checkouts" } };
  await shop.put(url, documents);
  const any = { ResourceARN: "*", ServiceType: "*", ServiceName: "*", HTTPMethod: "*", Host: "*", Version: 1 };
  await api(url, "/CreateSamplingRule", { SamplingRule: { ...any, RuleName: "checkouts", Priority: 7, FixedRate: 0.5, ReservoirSize: 3, URLPath: "/checkout" } });
  const report = { RuleName: "checkouts", ClientID: "0123456789abcdef01234567", Timestamp: now(), RequestCount: 120, SampledCount: 31, BorrowCount: 2 };
  await api(url, "/SamplingTargets", { SamplingStatisticsDocuments: [report] });
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

async function ruleEditor(page, url) {
  await page.goto(`${url}/#/sampling`);
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("priority").fill("0");
  await page.getByRole("button", { name: "Create" }).click();
  const wrong = page.locator('[aria-invalid="true"]');
  await wrong.waitFor();
  assert.equal(await wrong.getAttribute("name"), "RuleName");
  await page.getByLabel("name", { exact: true }).fill("<b>orders</b>");
  await page.getByRole("button", { name: "Create" }).click();
  await shown(page, "SamplingRule.Priority: invalid value: integer `0`, expected a whole number from 1 to 9999");
  assert.equal(await page.evaluate(() => document.activeElement.name), "Priority");
  await accessible(page, "a rule that is refused");
  await page.getByLabel("priority").fill("12");
  await page.getByLabel("rate", { exact: true }).fill("half");
  await page.getByRole("button", { name: "Create" }).click();
  await shown(page, "SamplingRule.FixedRate: invalid type: string \"half\", expected a number from 0 to 1");
  await page.getByLabel("rate", { exact: true }).fill("0.25");
  await page.getByLabel("attributes").fill("tier = gold");
  await page.getByRole("button", { name: "Create" }).click();
  const row = page.getByRole("region", { name: "Sampling rules" }).getByRole("row").filter({ hasText: "<b>orders</b>" });
  await row.getByText("25 %").waitFor();
  await row.getByText("gold").waitFor();
  await page.getByRole("button", { name: "Edit <b>orders</b>" }).click();
  await page.getByLabel("reservoir").fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("9 / s").waitFor();
  await page.getByRole("button", { name: "Edit Default" }).click();
  assert.equal(await page.getByLabel("path", { exact: true }).first().isDisabled(), true);
  await page.getByLabel("rate", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: "everything else" }).getByText("100 %").waitFor();
  await page.getByRole("button", { name: "Delete <b>orders</b>" }).click();
  await page.getByRole("button", { name: "yes, delete" }).click();
  await row.waitFor({ state: "detached" });
  const { SamplingRuleRecords: left } = await api(url, "/GetSamplingRules", {});
  assert.deepEqual(left.map(({ SamplingRule }) => [SamplingRule.RuleName, SamplingRule.FixedRate]), [["Default", 1]]);
}

async function groups(page, url) {
  await shop.put(url, some(10));
  await page.goto(`${url}/#/groups`);
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("name", { exact: true }).fill("failed");
  const filter = page.getByRole("combobox", { name: "filter" });
  await filter.fill("falt");
  await shown(page, "column 1: `falt` is no keyword here");
  await filter.fill('service("orders") { fault }');
  await page.getByLabel("watch for insights").check();
  await page.getByRole("button", { name: "Create" }).click();
  const row = page.getByRole("row").filter({ hasText: "failed" });
  await row.getByText("on", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit failed" }).click();
  await filter.fill("fault = maybe");
  await page.getByRole("button", { name: "Save" }).click();
  await shown(page, "FilterExpression");
  await filter.fill("fault = true");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("fault = true").waitFor();
  await page.getByRole("link", { name: "Traces of failed" }).click();
  await page.getByRole("heading", { name: /2 match/ }).waitFor();
  await page.goto(`${url}/#/groups`);
  await page.getByRole("button", { name: "Delete failed" }).click();
  await page.getByRole("button", { name: "no", exact: true }).click();
  await page.getByRole("button", { name: "Delete failed" }).click();
  await page.getByRole("button", { name: "yes, delete" }).click();
  await row.waitFor({ state: "detached" });
}

/** A service that was fine and then failed for three minutes. */
async function failing(url) {
  const documents = [];
  for (let minute = 12; minute > 0; minute -= 1) {
    for (let turn = 0; turn < 6; turn += 1) documents.push(...shop.request({ time: now() - minute * 60 - turn, fails: minute <= 8 && minute > 5 && turn < 5 }));
  }
  await shop.put(url, documents);
  await api(url, "/UpdateGroup", { GroupName: "Default", InsightsConfiguration: { InsightsEnabled: true } });
}

async function insights(page, url) {
  await page.goto(`${url}/#/insights`);
  await shown(page, "No group is watched");
  await failing(url);
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

async function health(page, url) {
  await page.goto(`${url}/#/health`);
  await shown(page, "Nothing was lost since the server started.");
  const records = [{ Timestamp: now(), SegmentsReceivedCount: 100, SegmentsSentCount: 97, SegmentsSpilloverCount: 3 }];
  await api(url, "/TelemetryRecords", { TelemetryRecords: records, Hostname: "<i>web</i>" });
  await api(url, "/TraceSegments", { TraceSegmentDocuments: ["{}"] });
  const udp = createSocket("udp4");
  for (const text of ["nonsense", '{"format":"json","version":1}\n']) await new Promise((sent) => udp.send(text, new URL(url).port, "127.0.0.1", sent));
  udp.close();
  await page.reload();
  await shown(page, "1 document refused, because X-Ray would");
  await shown(page, "2 datagrams without a document behind the header line");
  await page.getByRole("row").filter({ hasText: "<i>web</i>" }).getByText("97").waitFor();
}

/** A rule and a group are made, and traces are compared, without a mouse. */
async function keysInForms(page, url) {
  await unequal(url);
  await page.goto(url);
  await page.getByRole("heading", { name: /Service map/ }).waitFor();
  const tabTo = async (isThere) => {
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(isThere)) return;
    }
    assert.fail(`Tab does not reach ${isThere}`);
  };
  await page.keyboard.press("s");
  await page.getByRole("button", { name: "New rule" }).waitFor();
  await tabTo(() => document.activeElement.textContent === "New rule");
  await page.keyboard.press("Enter");
  await tabTo(() => document.activeElement.name === "RuleName");
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Edit typed" }).waitFor();
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("g");
  await page.getByRole("button", { name: "New group" }).waitFor();
  await tabTo(() => document.activeElement.textContent === "New group");
  await page.keyboard.press("Enter");
  await tabTo(() => document.activeElement.name === "GroupName");
  await page.keyboard.type("typed");
  await page.keyboard.press("Tab");
  await page.keyboard.type("faul");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Edit typed" }).waitFor();
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("t");
  await page.getByRole("grid").waitFor();
  await tabTo(() => document.activeElement.getAttribute("role") === "grid");
  await page.keyboard.press("Enter");
  await page.getByRole("treegrid").waitFor();
  await tabTo(() => document.activeElement.getAttribute("role") === "treegrid");
  await page.keyboard.press("x");
  await shown(page, "Which trace is B?");
  await tabTo(() => document.activeElement.textContent === "GET /checkout" && document.activeElement.closest("table"));
  await page.keyboard.press("Enter");
  await page.getByRole("treegrid", { name: "Both traces" }).waitFor();
  for (const [key, heading] of [["i", "Insights"], ["d", "Health"], ["m", "Service map"]]) {
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }
}

async function compareLarge(page, url) {
  const [one, other] = [shop.large(now() - 300, 20_000), shop.large(now() - 600, 20_000)];
  await shop.put(url, [...one.documents, ...other.documents]);
  const began = Date.now();
  await page.goto(`${url}/#/compare/${one.id}?with=${other.id}`);
  await rows(page).first().waitFor({ timeout: 60_000 });
  const first = Date.now() - began;
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  return `two traces of 20,001 rows, the first after ${first} ms; ${await scrolled(page)}`;
}

async function permalinks(page, url) {
  const documents = some(20);
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

async function trace(page, url) {
  const documents = shop.request({ time: now(), fails: true });
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

async function keysOnly(page, url) {
  await shop.put(url, some(20));
  await page.goto(url);
  await page.getByRole("button", { name: /^orders/ }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("heading", { name: /^Traces 20 / }).waitFor();
  await page.locator("#filter:focus").waitFor();
  await page.keyboard.type("fault = true");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /4 match/ }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.locator("[role=grid]:focus").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("treegrid").waitFor();
  const tree = page.locator("[role=treegrid]");
  for (let step = 0; step < 25 && !(await tree.evaluate((tree) => tree === document.activeElement)); step += 1) await page.keyboard.press("Tab");
  const current = () => rows(page).locator("xpath=self::*[@aria-selected='true']").innerText();
  for (const key of ["e", "e", "e"]) await page.keyboard.press(key);
  assert.match(await current(), /payments/);
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Chosen segment" }).waitFor();
  await page.keyboard.press("[");
  await page.keyboard.press("Home");
  assert.equal(await rows(page).count(), 1);
  await page.keyboard.press("]");
  assert.equal(await rows(page).count(), 7);
  await page.keyboard.press("?");
  await page.getByRole("complementary", { name: "Keys" }).waitFor();
}

async function live(page, url) {
  await shop.put(url, some(3));
  await page.goto(`${url}/#/traces`);
  await page.getByRole("heading", { name: /^Traces 3 / }).waitFor();
  await shop.put(url, shop.request({ time: now() }));
  await page.getByRole("heading", { name: /^Traces 4 / }).waitFor();
  await page.getByRole("button", { name: "live" }).click();
  await page.getByRole("button", { name: "paused" }).waitFor();
  await shop.put(url, shop.request({ time: now() }));
  await shown(page, "5 traces");
  await page.getByRole("heading", { name: /^Traces 4 / }).waitFor();
  await page.getByRole("button", { name: "paused" }).click();
  await page.getByRole("heading", { name: /^Traces 5 / }).waitFor();
}

async function themes(page, url) {
  const documents = some(10);
  await shop.put(url, documents);
  await failing(url);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [view, ready] of [
      ["map", page.getByRole("button", { name: /^orders/ })],
      ["traces", rows(page).nth(9)],
      [`trace/${documents.find((document) => document.fault).trace_id}`, rows(page).nth(6)],
      ["sampling", page.getByRole("rowheader", { name: "Default" })],
      ["groups", page.getByRole("rowheader", { name: "Default" })],
      ["insights", page.getByRole("group", { name: /insights over time/ })],
      ["ledger", page.getByText("documents stored")],
      ["health", page.getByRole("heading", { name: "What is kept" })],
    ]) {
      await page.goto(`${url}/#/${view}`);
      await ready.waitFor();
      await accessible(page, `${view} in ${colorScheme}`);
      await shoot(page, `${view.split("/")[0]}-${colorScheme}`);
    }
  }
}

async function narrow(page, url) {
  const documents = some(10);
  await shop.put(url, documents);
  await failing(url);
  const [one, other] = await unequal(url);
  const compared = `compare/${one}?with=${other}`;
  await page.setViewportSize({ width: 360, height: 740 });
  const forms = { sampling: "New rule", groups: "New group" };
  for (const view of ["map", "traces", `trace/${documents[0].trace_id}`, `compare/${one}`, compared, "sampling", "groups", "insights", "ledger", "health"]) {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("heading").first().waitFor();
    if (forms[view]) await page.getByRole("button", { name: forms[view] }).click();
    await page.locator("main :is(table, svg, dl, .rows, .editor)").first().waitFor();
    await page.waitForFunction(() => document.scrollingElement.scrollWidth <= 360, null, { timeout: 5000 }).catch(() => assert.fail(`${view} is wider than the window`));
  }
  await shoot(page, "narrow");
}

async function hostile(page, url) {
  const { id, documents } = shop.hostile(now());
  await shop.put(url, documents);
  await page.goto(`${url}/#/map`);
  await page.getByRole("button", { name: /^hostile service fault/ }).waitFor();
  await page.goto(`${url}/#/traces`);
  await rows(page).filter({ hasText: "<script>" }).waitFor();
  await page.goto(`${url}/#/trace/${id}`);
  await rows(page).first().click();
  for (const leaf of ["exceptions", "annotations", "metadata", "http", "stored", "received"]) {
    await page.getByRole("tab", { name: leaf }).click();
    await page.locator("#leaf").getByText("<script>").first().waitFor();
  }
  // Deeper than anyone reads: refused, and told.
  const [deep] = shop.request({ time: now() });
  for (let level = 0; level < 200; level += 1) deep.metadata = { nested: deep.metadata ?? { end: "<script>" } };
  const { UnprocessedTraceSegments: refused } = await api(url, "/TraceSegments", { TraceSegmentDocuments: [JSON.stringify(deep)] });
  assert.equal(refused[0].ErrorCode, "ParseError");
  await page.goto(`${url}/#/ledger`);
  await page.getByRole("rowheader", { name: "ParseError" }).waitFor();
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

/** A service that calls a hundred others is drawn in groups. */
async function crowdedMap(page, url) {
  const time = now();
  const [root] = shop.request({ time });
  root.subsegments = Array.from({ length: 100 }, (_, number) => ({
    name: `host-${number}.example.com`, id: number.toString(16).padStart(16, "a"), namespace: "remote", start_time: time, end_time: time + 0.1,
  }));
  await shop.put(url, [root]);
  const began = Date.now();
  await page.goto(`${url}/#/map`);
  await page.getByRole("button", { name: /^100 services/ }).waitFor();
  return `100 services to be seen after ${Date.now() - began} ms`;
}

async function manyTraces(page, url) {
  const time = now();
  const documents = Array.from({ length: 10_000 }, (_, at) => ({
    name: "busy", id: at.toString(16).padStart(16, "b"), trace_id: shop.traceId(time - at / 20), start_time: time - at / 20, end_time: time - at / 20 + 0.1,
  }));
  await shop.put(url, documents);
  const began = Date.now();
  await page.goto(`${url}/#/traces`);
  await rows(page).first().waitFor({ timeout: 60_000 });
  await page.getByRole("heading", { name: /^Traces 10000 / }).waitFor();
  const first = Date.now() - began;
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  return `10,000 traces listed after ${first} ms; ${await scrolled(page)}`;
}

async function largeTrace(page, url) {
  const { id, documents } = shop.large(now() - 300, 20_000);
  await shop.put(url, documents);
  const began = Date.now();
  await page.goto(`${url}/#/trace/${id}`);
  await rows(page).first().waitFor({ timeout: 60_000 });
  const first = Date.now() - began;
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  const smooth = await scrolled(page);
  await page.locator("[role=treegrid]").focus();
  await page.keyboard.press("End");
  await rows(page).filter({ hasText: "step 19998" }).waitFor();
  return `20,001 rows, the first after ${first} ms; ${smooth}`;
}

/** How long frames take while a list is scrolled through, and the memory of the page. */
async function scrolled(page) {
  const { frames, heap } = await page.evaluate(async () => {
    const list = document.querySelector(".rows");
    const frames = [];
    let last = performance.now();
    for (let step = 0; step < 60; step += 1) {
      list.scrollTop += 700;
      await new Promise(requestAnimationFrame);
      const time = performance.now();
      frames.push(time - last);
      last = time;
    }
    return { frames: frames.sort((one, other) => one - other), heap: performance.memory?.usedJSHeapSize ?? 0 };
  });
  const at = (part) => frames[Math.min(frames.length - 1, Math.floor(frames.length * part))].toFixed(0);
  return `frames of ${at(0.5)} ms, 19 of 20 within ${at(0.95)} ms, ${(heap / 1e6).toFixed(0)} MB of heap`;
}
