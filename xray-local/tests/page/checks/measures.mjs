// How fast much is shown. Each returns its figures, of which the runner makes one table.

import assert from "node:assert/strict";

import { measured, rows } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** A service that calls a hundred others is drawn in groups. */
export async function crowdedMap(page, url) {
  const time = shop.now();
  const [root] = shop.request({ time });
  root.subsegments = Array.from({ length: 100 }, (_, number) => ({
    name: `host-${number}.example.com`, id: number.toString(16).padStart(16, "a"), namespace: "remote", start_time: time, end_time: time + 0.1,
  }));
  await shop.put(url, [root]);
  const figures = await measured(page, `${url}/#/map`, ".node");
  await page.getByRole("button", { name: /^100 services/ }).waitFor();
  return { what: "a map of 100 services that one calls, grouped", ...figures };
}

/** Fifty services that call one another, each with a client of its own: only the clients are put together. */
export async function largeMap(page, url) {
  const time = shop.now();
  const [count, documents] = [50, []];
  for (let from = 0; from < count; from += 1) {
    const called = [2 * from + 1, 2 * from + 2, (from * 7) % count].filter((to) => to < count && to !== from);
    documents.push(...shop.calls(time, `service-${from}`, called.map((to) => `service-${to}`)));
  }
  await shop.put(url, documents);
  const figures = await measured(page, `${url}/#/map`, ".node");
  const drawn = await page.locator(".node").count();
  assert.equal(drawn, 51);
  return { what: `a map of ${drawn} nodes and ${await page.locator(".edge").count()} calls`, ...figures };
}

export async function manyTraces(page, url) {
  const time = shop.now();
  const documents = Array.from({ length: 10_000 }, (_, at) => ({
    name: "busy", id: at.toString(16).padStart(16, "b"), trace_id: shop.traceId(time - at / 20), start_time: time - at / 20, end_time: time - at / 20 + 0.1,
  }));
  await shop.put(url, documents);
  const figures = await measured(page, `${url}/#/traces`, ".rows .row");
  await page.getByRole("heading", { name: /^Traces 10,?000 / }).waitFor();
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  return { what: "a list of 10,000 traces", ...figures };
}

export async function largeTrace(page, url) {
  const { id, documents } = shop.large(shop.now() - 300, 20_000);
  await shop.put(url, documents);
  const figures = await measured(page, `${url}/#/trace/${id}`, ".rows .row");
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  await page.locator("[role=treegrid]").focus();
  await page.keyboard.press("End");
  await rows(page).filter({ hasText: "step 19998" }).waitFor();
  return { what: "a trace of 20,001 rows", ...figures };
}

export async function compareLarge(page, url) {
  const [one, other] = [shop.large(shop.now() - 300, 20_000), shop.large(shop.now() - 600, 20_000)];
  await shop.put(url, [...one.documents, ...other.documents]);
  const figures = await measured(page, `${url}/#/compare/${one.id}?with=${other.id}`, ".rows .row");
  assert.ok((await rows(page).count()) < 200, "rows out of sight are not in the page");
  return { what: "two traces of 20,001 rows compared", ...figures };
}
