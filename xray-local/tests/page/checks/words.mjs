// How views are called, what of them stands in the address, and how times are told.

import assert from "node:assert/strict";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** Tabs, history and bookmarks can be told apart. */
export async function titles(page, url) {
  const documents = shop.request({ time: shop.now() });
  const id = documents[0].trace_id;
  await shop.put(url, documents);
  const is = (title) => page.waitForFunction((title) => document.title === title, title, { timeout: 5000 }).catch(async () => assert.equal(await page.title(), title));
  for (const [place, title] of [
    ["map", "Service map"], ["traces", "Traces"], ["traces?filter=fault", "Traces: fault"], [`trace/${id}`, `GET /checkout ${id}`], [`compare/${id}`, `Compare ${id}`],
    [`compare/${id}?with=${id}`, `Compare ${id} with ${id}`], ["sampling", "Sampling"], ["groups", "Groups"], ["insights", "Insights"], ["ledger", "Ledger"], ["health", "Health"], ["nope", "No such view"],
    ["trace/1-00000000-000000000000000000000000", "No such trace"],
  ]) {
    await page.goto(`${url}/#/${place}`);
    await is(`${title} · xray-local`);
  }
}

/** A link names a segment; Back takes its panel away before it leaves the trace. */
export async function segmentLinks(page, url) {
  const documents = shop.request({ time: shop.now() });
  const id = documents[0].trace_id;
  await shop.put(url, documents);
  const panel = (name) => page.getByRole("complementary", { name: "Chosen segment" }).getByRole("heading", { name }).waitFor();
  await page.goto(`${url}/#/traces`);
  await rows(page).first().click();
  await page.getByRole("treegrid").waitFor();
  const plain = page.url();
  await rows(page).filter({ hasText: "DynamoDB" }).click();
  await panel("DynamoDB");
  assert.ok(page.url().includes(`segment=${documents[1].subsegments[0].id}`), page.url());
  await page.keyboard.press("j");
  await panel("shop@db");
  await page.waitForURL(new RegExp(`segment=${documents[1].subsegments[1].id}`));
  const linked = page.url();
  await page.goBack();
  await page.locator(".panel").waitFor({ state: "detached" });
  assert.equal(page.url(), plain);
  await page.goForward();
  await panel("shop@db");
  await page.goto("about:blank");
  await page.goto(linked);
  await panel("shop@db");
  assert.match(await rows(page).locator("xpath=self::*[@aria-selected='true']").innerText(), /shop@db/);
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "detached" });
  await page.waitForURL(plain);
  await page.keyboard.press("Enter");
  await panel("shop@db");
  await page.goto(`${plain}?segment=0000000000000000`);
  await rows(page).nth(6).waitFor();
}

/** Addresses that lead nowhere say so; the form A/B of a comparison is taken. */
export async function noView(page, url) {
  const [one, other] = await shop.unequal(url);
  await page.goto(`${url}/#/nope`);
  await page.getByRole("heading", { name: "No such view" }).waitFor();
  await accessible(page, "no such view");
  await page.goto(`${url}/#/trace/`);
  await shown(page, "names no trace");
  await page.goto(`${url}/#/compare/`);
  await shown(page, "names no trace");
  await page.goto(`${url}/#/compare/${one}/${other}`);
  await page.getByRole("treegrid", { name: "Both traces" }).waitFor();
}

/** Traces of clocks that are ahead, and those of long ago, are found at all times. */
export async function allTimes(page, url) {
  const ahead = shop.request({ time: shop.now() + 3600, path: "/ahead" });
  const old = shop.request({ time: shop.now() - 40 * 86_400, path: "/old" });
  await shop.put(url, [...ahead, ...old]);
  await page.goto(`${url}/#/traces?filter=service("front")`);
  await page.getByRole("link", { name: "look at all times" }).click();
  await page.getByRole("heading", { name: /^Traces 2 match of all times/ }).waitFor();
  for (const path of ["/ahead", "/old"]) await rows(page).filter({ hasText: path }).waitFor();
  await accessible(page, "all times");
  await shoot(page, "all-times");
  for (const [view, text] of [["map", /^orders/], ["sampling", /ahead/], ["insights", /No group/]]) {
    await page.goto(`${url}/#/${view}?range=all`);
    await (view === "map" ? page.getByRole("button", { name: text }) : page.locator("main").getByText(text)).first().waitFor();
    assert.equal(await page.locator(".problem").count(), 0, view);
    assert.equal(await page.getByLabel("Time").inputValue(), "all");
  }
  // Whom to compare one with, too.
  await page.goto(`${url}/#/compare/${ahead[0].trace_id}`);
  await shown(page, "No other trace begins at front");
  await page.getByLabel("Time").selectOption("all");
  await page.getByRole("link", { name: "GET /old" }).waitFor();
}

/** What goes on is not told to be over, nor to be ok; long times are told as the command line does, and an axis has one unit. */
export async function openTraces(page, url) {
  const time = shop.now();
  const begun = (start, more) => ({ name: "job", id: shop.hex(8), trace_id: shop.traceId(start), start_time: start, in_progress: true, ...more });
  const open = begun(time - 180);
  const long = begun(time - 90_000, { end_time: time, in_progress: undefined });
  const instant = begun(time, { end_time: time, in_progress: undefined });
  const ten = begun(time, { end_time: time + 10, in_progress: undefined });
  await shop.put(url, [open, long, instant, ten]);
  const axis = async (document) => {
    await page.goto(`${url}/#/trace/${document.trace_id}`);
    await shown(page, document.trace_id);
    return (await page.locator(".scale span").allInnerTexts()).filter(Boolean).join(" ");
  };
  assert.match(await axis(open), /^0 1\d\d\.\d s 2\d\d\.\d s$/);
  const heading = page.getByRole("heading", { level: 1 });
  assert.match(await heading.innerText(), /^job\s+in progress/);
  assert.ok(await page.locator(".time .bar.open").evaluate((bar) => getComputedStyle(bar).backgroundImage !== "none"), "it is not drawn as what is over");
  await shoot(page, "open-trace");
  assert.equal(await axis(instant), "0 0 µs");
  assert.equal(await axis(ten), "0 5.0 s 10.0 s");
  assert.equal(await axis(long), "0 12.5 h 25.0 h");
  assert.match(await heading.innerText(), /ok in 25.0 h/);
  const took = page.locator(".rows .number").first();
  assert.ok(await took.evaluate((cell) => cell.scrollWidth <= cell.clientWidth), "it is not cut");
  await page.goto(`${url}/#/traces?range=all`);
  await rows(page).nth(3).waitFor();
  for (const text of ["in progress", "25.0 h"]) {
    const cell = rows(page).locator(".number", { hasText: text });
    assert.ok(await cell.evaluate((cell) => cell.scrollWidth <= cell.clientWidth), text);
  }
}
