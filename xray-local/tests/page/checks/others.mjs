// What others chose: names that are long, texts that turn round what follows, values of any depth; and a server that is gone.

import assert from "node:assert/strict";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

const TURNED = "a\u202eb\u2066c\u200fd";
const HARMFUL = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Nothing that turns the direction of writing is in the page, wherever it was sent. */
export async function turned(page, url) {
  const [front, orders] = shop.request({ time: shop.now(), fails: true });
  front.user = TURNED;
  front.http.request.url = `http://shop.example.com/${TURNED}`;
  front.annotations = { key: TURNED };
  front.metadata = { default: { [TURNED]: TURNED } };
  front.cause = { exceptions: [{ id: "0123456789abcdef", type: TURNED, message: `${TURNED} ${"x".repeat(3000)}`, stack: [{ label: TURNED, path: TURNED, line: 7 }] }] };
  // Names with such letters are refused; those of subsegments that only callers know are not.
  orders.subsegments[0].aws.table_name = TURNED;
  await shop.put(url, [front, orders]);
  const clean = async (where) => {
    const found = await page.evaluate(() => document.body.textContent + [...document.querySelectorAll("[title], [aria-label]")].map((part) => part.getAttribute("title") ?? part.getAttribute("aria-label")).join(" "));
    assert.doesNotMatch(found, HARMFUL, where);
  };
  for (const view of ["map", "traces", "ledger", "sampling"]) {
    await page.goto(`${url}/#/${view}`);
    await page.locator("main :is(.node, .rows .row, td)").first().waitFor();
    await clean(view);
  }
  await page.goto(`${url}/#/trace/${front.trace_id}`);
  await rows(page).first().click();
  const leaf = page.locator("#leaf");
  for (const name of ["overview", "exceptions", "annotations", "metadata", "http"]) {
    await page.getByRole("tab", { name }).click();
    await leaf.getByText("a\ufffdb\ufffdc\ufffdd").first().waitFor();
    await clean(name);
  }
  for (const name of ["stored", "received"]) {
    await page.getByRole("tab", { name }).click();
    await leaf.getByText("a\\u202eb\\u2066c\\u200fd").first().waitFor();
    await clean(name);
  }
  await page.getByRole("tab", { name: "exceptions" }).click();
  const panel = page.locator(".panel");
  assert.ok(await panel.evaluate((panel) => panel.scrollWidth <= panel.clientWidth), "a long message is wrapped");
  assert.equal(await leaf.locator("code").first().evaluate((code) => getComputedStyle(code).unicodeBidi), "isolate");
  await shoot(page, "turned");
}

/** A long name takes no more room than others, and the whole of it is told. */
export async function longNames(page, url) {
  const name = "long".repeat(50);
  const [root] = shop.request({ time: shop.now() });
  await shop.put(url, [{ ...root, name, subsegments: [] }]);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${url}/#/ledger`);
    const cell = page.getByTitle(name, { exact: true });
    await cell.waitFor();
    assert.ok((await cell.boundingBox()).width <= 345);
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth));
    await accessible(page, `long names at ${width}`);
    await shoot(page, `long-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  const stored = page.getByRole("region", { name: "By service" }).getByRole("columnheader", { name: "last" });
  const { x, width } = await stored.boundingBox();
  assert.ok(x + width <= 1280, "all columns are in sight");
}

/** Metadata of 200 levels is indented as far as it can be read, and scrolls. */
export async function deepValues(page, url) {
  const { id, documents } = shop.hostile(shop.now());
  delete documents[0].metadata.default.long;
  await shop.put(url, documents);
  await page.goto(`${url}/#/trace/${id}`);
  await rows(page).first().click();
  await page.getByRole("tab", { name: "metadata" }).click();
  const deep = page.locator("#leaf .deep");
  await deep.getByText("200│").waitFor();
  const text = await deep.innerText();
  assert.ok(text.split("\n").every((line) => line.length - line.trimStart().length <= 24), "no line begins further to the right");
  assert.ok(await deep.evaluate((deep) => deep.scrollWidth > deep.clientWidth && deep.querySelector("code").getClientRects().length === 1));
  await accessible(page, "deep values");
  await shoot(page, "deep");
}

/** How long something took is told in one unit, whose thousand is the next. */
export async function times(page, url) {
  await page.goto(url);
  const told = await page.evaluate(async () => {
    const { seconds } = await import("/page/form.js");
    return [0.0009994, 0.001, 0.00099999, 1, 9.9999, 119.99, 754, 90_000, 400_000].map((time) => seconds(time));
  });
  assert.deepEqual(told, ["999 µs", "1.0 ms", "1.0 ms", "1000 ms", "10.0 s", "120.0 s", "12.6 min", "25.0 h", "4.6 d"]);
}

/** Where the server does not answer, views say so and what to do. */
export async function gone(page, url) {
  await shop.put(url, shop.some(3));
  await page.goto(`${url}/#/map`);
  await page.locator(".node").first().waitFor();
  await page.route(/\/local\/map/, (route) => route.abort("connectionrefused"));
  // The browser tells of it as well.
  page.removeAllListeners("console");
  await page.getByLabel("Time").selectOption("1h");
  await shown(page, "does not answer: it was stopped, or there is no way to it. Start xray-local again");
  assert.equal(await page.getByText("Failed to fetch").count(), 0);
  await accessible(page, "without a server");
}
