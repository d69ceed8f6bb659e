// That what is looked at stays in sight: values beside long keys, and the part of a map that one works in.

import assert from "node:assert/strict";

import { accessible, rows, shoot } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** Values stand where they can be read, however long the keys are. */
export async function longKeys(page, url) {
  const [front, orders] = shop.request({ time: shop.now() });
  front.metadata = { "com.example.checkout.service.internal": { request_correlation_identifier: "sought", x: 1 } };
  front.annotations = { [`tier_${"of_a_customer_".repeat(2)}`]: "gold/d9b1d-aa-77", ["k".repeat(400)]: "far", short: "near" };
  await shop.put(url, [front, orders]);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${url}/#/trace/${front.trace_id}`);
    await rows(page).first().click();
    for (const [leaf, values] of [["annotations", ["gold/d9b1d-aa-77", "far", "near"]], ["metadata", ["sought", "1"]]]) {
      await page.getByRole("tab", { name: leaf }).click();
      const panel = await page.locator(".panel").boundingBox();
      for (const value of values) {
        const box = await page.locator("#leaf dd", { hasText: value }).last().boundingBox();
        assert.ok(box.x >= panel.x && box.x + box.width <= panel.x + panel.width && box.width > 100, `${value} at ${width}: ${JSON.stringify(box)}`);
      }
      assert.ok(await page.locator(".panel").evaluate((panel) => panel.scrollWidth <= panel.clientWidth));
      await accessible(page, `long keys of ${leaf} at ${width}`);
      await shoot(page, `long-keys-${leaf}-${width}`);
    }
  }
}

const inSight = async (node, what) => {
  const is = () =>
    node.evaluate((node) => {
      const [one, all] = [node.getBoundingClientRect(), node.ownerSVGElement.getBoundingClientRect()];
      return one.left >= all.left - 1 && one.right <= all.right + 1 && one.top >= all.top - 1 && one.bottom <= all.bottom + 1;
    });
  for (let turn = 0; turn < 50; turn += 1) {
    if (await is()) return;
    await node.page().waitForTimeout(50);
  }
  assert.fail(`${what} is not in sight`);
};

/** Nine layers of six services each: more than a window shows of them. */
function wide(time) {
  const name = (layer, at) => `layer-${layer}-service-${at}`;
  const documents = [];
  for (let layer = 0; layer < 8; layer += 1) {
    for (let at = 0; at < 6; at += 1) documents.push(...shop.calls(time, name(layer, at), [name(layer + 1, at)]));
  }
  return documents;
}

/** Whoever chooses a node keeps it in sight; Escape takes the panel away. */
export async function chosenNode(page, url) {
  await shop.put(url, wide(shop.now()));
  await page.goto(`${url}/#/map`);
  const node = page.getByRole("button", { name: /^layer-7-service-3/ });
  await node.waitFor();
  const scale = () => page.locator(".map > svg").evaluate((drawing) => drawing.getScreenCTM().a);
  await node.focus();
  await inSight(node, "a node that has the focus");
  const before = await scale();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Chosen service" });
  await panel.waitFor();
  await page.waitForTimeout(300);
  await inSight(node, "a chosen node");
  assert.ok(Math.abs((await scale()) - before) < 0.01, "and is as large as before");
  await shop.put(url, shop.request({ time: shop.now() }));
  await page.getByRole("button", { name: /^payments/ }).waitFor();
  await inSight(node, "a chosen node of a map that grew");
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await inSight(node, "the node that was chosen");
  await node.click();
  await panel.waitFor();
  await panel.getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  assert.ok(await node.evaluate((node) => node === document.activeElement), "the focus is back at the node");
}

/** What a box held is in sight once it is open, and what is said of the boxes is true. */
export async function openedBox(page, url) {
  const time = shop.now();
  const leaf = (at) => ({ name: `leaf-${at}`, id: shop.hex(8), namespace: "remote", start_time: time, end_time: time + 0.1 });
  const root = { name: "front", id: shop.hex(8), trace_id: shop.traceId(time), start_time: time, end_time: time + 0.2, subsegments: Array.from({ length: 30 }, (_, at) => leaf(at)) };
  await shop.put(url, [...wide(time), root]);
  await page.goto(`${url}/#/map`);
  const box = page.getByRole("button", { name: /^\d+ services/ }).last();
  await box.waitFor();
  const told = () => page.locator(".tools.quiet").innerText();
  const boxes = () => page.locator(".node:has(.behind)").count();
  const words = (count) => (count === 1 ? /^One box stands for/ : new RegExp(`^${count} boxes stand for`));
  assert.match(await told(), words(await boxes()));
  const before = await page.locator(".node").count();
  await box.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction((before) => document.querySelectorAll(".node").length > before, before);
  const chosen = page.locator(".node:focus");
  await chosen.waitFor();
  await inSight(chosen, "what was in the box");
  const left = await boxes();
  if (left > 0) assert.match(await told(), words(left));
  else assert.doesNotMatch(await told(), /stand/);
}

/** How a node does is told whole, or with a part less. */
export async function linesInBoxes(page, url) {
  await shop.put(url, shop.some(20));
  await page.goto(`${url}/#/map`);
  await page.locator(".node").nth(5).waitFor();
  const lines = await page.locator(".node").evaluateAll((nodes) => nodes.map((node) => ({ text: node.querySelector(".rate").textContent, sticks: node.querySelector(".rate").getBoundingClientRect().width > node.querySelector(".box").getBoundingClientRect().width })));
  assert.ok(lines.some(({ text }) => /^20 % fault · .* · \d+ ms$/.test(text)), JSON.stringify(lines));
  for (const { text, sticks } of lines) assert.ok(!text.includes("…") && !sticks, text);
}

/** Names stay within their boxes, and those that begin alike can be told apart. */
export async function namesInBoxes(page, url) {
  const names = ["node-with-some-longer-name-and-number-17", "node-with-some-longer-name-and-number-18", "WWWWWWWWWWWWWWWWWWWWWWWWWWWW", "短い名前でもひろいひろいひろいひろい", "short"];
  await shop.put(url, shop.calls(shop.now(), "caller-with-quite-some-name-for-a-service", names));
  await page.goto(`${url}/#/map`);
  await page.locator(".node").nth(5).waitFor();
  const found = await page.locator(".node").evaluateAll((nodes) => nodes.map((node) => ({ room: node.querySelector(".box").getBoundingClientRect(), texts: [...node.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() })) })));
  for (const { room, texts } of found) {
    for (const { text, box } of texts) assert.ok(box.left >= room.left && box.right <= room.right, `${text} sticks out`);
  }
  const told = found.filter(({ texts }) => texts[1].text !== "client").map(({ texts }) => texts[0].text);
  assert.equal(new Set(told).size, told.length, told.join(", "));
  assert.ok(told.some((text) => /^node-.*…/.test(text) && text.endsWith("17")), told.join(", "));
  await page.getByRole("button", { name: names[0] }).waitFor();
  await accessible(page, "names in boxes");
  await shoot(page, "names-in-boxes");
  // In tables, too.
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(`${url}/#/ledger`);
  const cell = page.getByTitle(names[1], { exact: true });
  await cell.waitFor();
  assert.equal(await cell.innerText(), names[1]);
  const tail = cell.locator("span").last();
  assert.match(await tail.innerText(), /18$/);
  assert.ok(await tail.evaluate((tail) => tail.getBoundingClientRect().right <= tail.parentElement.getBoundingClientRect().right + 0.5));
}
