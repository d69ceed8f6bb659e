// The page in a browser, as people use it: by mouse, by keys, narrow, dark, live, with much and with hostile content.
//
//   node check.mjs PROGRAM CHROMIUM [FOLDER FOR SCREENSHOTS]
//
// playwright-core and axe-core are taken from the folder in which node runs. Exits with 1 and says what differs, or with 0.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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

const checks = [empty, map, traces, permalinks, trace, keysOnly, live, themes, narrow, hostile, crowdedMap, manyTraces, largeTrace];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let failures = 0;
for (const check of checks) {
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
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && told.push(`console: ${message.text()}`));
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
  await node(/^payments remote fault · .* · 10 requests/).waitFor();
  await node(/^stock DynamoDB Table ok · .* · 10 requests/).waitFor();
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
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [view, ready] of [
      ["map", page.getByRole("button", { name: /^orders/ })],
      ["traces", rows(page).nth(9)],
      [`trace/${documents.find((document) => document.fault).trace_id}`, rows(page).nth(6)],
      ["sampling", page.getByRole("rowheader", { name: "Default" })],
      ["ledger", page.getByText("documents stored")],
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
  await page.setViewportSize({ width: 360, height: 740 });
  for (const view of ["map", "traces", `trace/${documents[0].trace_id}`, "sampling", "ledger"]) {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("heading").first().waitFor();
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
  for (const leaf of ["exceptions", "annotations", "metadata", "http", "json"]) {
    await page.getByRole("tab", { name: leaf }).click();
    await page.locator("#leaf").getByText("<script>").first().waitFor();
  }
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
