// A map of more services than can be read.

import assert from "node:assert/strict";

import { accessible, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** A hundred services, each with a client and a callee of its own: at most sixty boxes, of which those of many open; and all text can be read. */
export async function clusters(page, url) {
  const time = shop.now();
  const hex = (number, filled) => number.toString(16).padStart(16, filled);
  const documents = Array.from({ length: 100 }, (_, at) => ({
    name: `service-${at}`, id: hex(at, "a"), trace_id: shop.traceId(time), start_time: time, end_time: time + 0.1,
    subsegments: [{ name: `host-${at}.example.com`, id: hex(at, "b"), namespace: "remote", start_time: time, end_time: time + 0.05 }],
  }));
  await shop.put(url, documents);
  await page.goto(`${url}/#/map`);
  const boxes = page.locator(".node");
  await boxes.first().waitFor();
  assert.equal(await boxes.count(), 60);
  const smallest = () => page.locator(".map > svg").evaluate((drawing) => 10.5 * drawing.getScreenCTM().a);
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForFunction(() => 10.5 * document.querySelector(".map > svg").getScreenCTM().a > 9.9, null, { timeout: 5000 });
    await accessible(page, `clusters at ${width}`);
    await shoot(page, `clusters-${width}`);
  }
  await page.getByText("The same as tables").click();
  await shown(page, "and 80 more");
  const top = () => page.locator(".map > svg").evaluate((drawing) => drawing.viewBox.baseVal.y);
  const before = await top();
  await page.locator(".map > svg").hover();
  await page.mouse.wheel(0, 300);
  await page.waitForFunction((before) => document.querySelector(".map > svg").viewBox.baseVal.y > before, before);
  await page.getByRole("button", { name: /^100 services remote/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^40 services remote/ }).waitFor();
  assert.ok((await boxes.count()) > 100);
  assert.ok((await smallest()) > 9.9);
  await page.getByRole("button", { name: /^40 services remote/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^host-7.example.com/ }).waitFor();
  await page.getByRole("button", { name: "put together again" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".node").length === 60);
}
