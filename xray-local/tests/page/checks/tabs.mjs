// Several tabs and windows of one page: they share what the server tells.

import assert from "node:assert/strict";

import * as shop from "../shop.mjs";

/** A browser has six connections to a host. */
const MANY = 9;

const heading = (page, count) => page.getByRole("heading", { name: new RegExp(`^Traces ${count} `) }).waitFor({ timeout: 15_000 });
const isLive = (page) => page.getByRole("button", { name: "live" }).waitFor({ timeout: 15_000 });

/** As many tabs as one likes show what is there and what comes, with one stream among them, also when the one that hears it is closed. */
export async function manyTabs(page, url) {
  const streams = [];
  page.context().on("request", (request) => request.url().endsWith("/local/events") && streams.push(request));
  page.context().on("requestfinished", (request) => streams.includes(request) && streams.splice(streams.indexOf(request), 1));
  await shop.put(url, shop.request({ time: shop.now() }));
  const tabs = [page];
  while (tabs.length < MANY) tabs.push(await page.context().newPage());
  // The first to come is the one that hears.
  const [first, ...others] = [...tabs.slice(1), page];
  for (const tab of [first, ...others]) {
    await tab.goto(`${url}/#/traces`);
    await heading(tab, 1);
    await isLive(tab);
  }
  assert.equal(streams.length, 1, "the tabs share one stream");
  await shop.put(url, shop.request({ time: shop.now() }));
  for (const tab of [first, ...others]) await heading(tab, 2);
  await first.close();
  await shop.put(url, shop.request({ time: shop.now() }));
  for (const tab of others) {
    await heading(tab, 3);
    await isLive(tab);
  }
  await page.getByRole("link", { name: "health" }).click();
  await page.getByRole("heading", { name: /^Health xray-local/ }).waitFor();
  // Each says of itself whether it follows.
  await page.getByRole("button", { name: "live" }).click();
  await page.getByRole("button", { name: "paused" }).waitFor();
  await isLive(others[0]);
}

/** Where tabs cannot agree on one that hears, as on pages of plain HTTP from another machine, one that is not seen holds nothing. */
export async function hiddenTab(page, url) {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    globalThis.visible = "visible";
    Object.defineProperty(document, "visibilityState", { get: () => globalThis.visible });
  });
  const turn = (state) =>
    page.evaluate((state) => {
      globalThis.visible = state;
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  const asked = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/local/traces") || name.endsWith("/TraceSummaries")).length);
  await shop.put(url, shop.request({ time: shop.now() }));
  await page.goto(`${url}/#/traces`);
  await heading(page, 1);
  await isLive(page);
  await turn("hidden");
  await page.getByRole("button", { name: "not connected" }).waitFor();
  const before = await asked();
  await shop.put(url, shop.request({ time: shop.now() }));
  assert.equal(await asked(), before, "nobody looks");
  await turn("visible");
  await heading(page, 2);
  await isLive(page);
}
