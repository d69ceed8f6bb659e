// That the map has a link for what one looks at in it, stands in the middle of its frame, and has each label on the call that it is of.

import assert from "node:assert/strict";

import { accessible, shoot } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** The chosen node and the opened boxes stand in the address: they survive a reload, and Back takes them away again. */
export async function linkOfMap(page, url) {
  const time = shop.now();
  const leaf = (at) => ({ name: `leaf-${at}`, id: shop.hex(8), namespace: "remote", start_time: time, end_time: time + 0.1 });
  const root = { name: "front", id: shop.hex(8), trace_id: shop.traceId(time), start_time: time, end_time: time + 0.2, subsegments: Array.from({ length: 80 }, (_, at) => leaf(at)) };
  await shop.put(url, [root]);
  await page.goto(`${url}/#/map`);
  const box = page.getByRole("button", { name: /^80 services/ });
  const panel = page.getByRole("complementary", { name: "Chosen service" });
  await box.click();
  const one = page.getByRole("button", { name: /^leaf-10 / });
  await one.waitFor();
  await one.click();
  await panel.getByRole("heading", { name: "leaf-10" }).waitFor();
  assert.match(page.url(), /node=leaf-10/);
  const chosen = page.url();
  await page.reload();
  await panel.getByRole("heading", { name: "leaf-10" }).waitFor();
  await one.waitFor();
  const [frame, node] = [await page.locator(".map > svg").boundingBox(), await one.boundingBox()];
  assert.ok(node.y >= frame.y && node.y + node.height <= frame.y + frame.height, "where the link leads to is in sight");
  await page.locator("select").first().selectOption("1h");
  await page.waitForURL(/range=1h/);
  await panel.getByRole("heading", { name: "leaf-10" }).waitFor();
  await page.goBack();
  await page.waitForURL(chosen);
  await page.goBack();
  await panel.waitFor({ state: "detached" });
  await one.waitFor();
  await page.goBack();
  await box.waitFor();
  assert.doesNotMatch(page.url(), /open=/);
  await page.goto(chosen);
  await panel.waitFor();
  await page.getByRole("button", { name: "put together again" }).click();
  await box.waitFor();
  await page.goto(`${url}/#/map?node=${encodeURIComponent("<b>nobody</b>")}&open=nonsense,,`);
  await box.waitFor();
  assert.equal(await panel.count(), 0);
}

/** A small map has as much room on the one side as on the other. */
export async function middleOfMap(page, url) {
  await shop.put(url, shop.some(10));
  await page.goto(`${url}/#/map`);
  await page.locator(".node").first().waitFor();
  const margins = () =>
    page.evaluate(() => {
      const frame = document.querySelector(".map").getBoundingClientRect();
      const boxes = [...document.querySelectorAll(".node .box")].map((box) => box.getBoundingClientRect());
      const [most, least] = [(of) => Math.max(...boxes.map(of)), (of) => Math.min(...boxes.map(of))];
      return { left: least((box) => box.left) - frame.left, right: frame.right - most((box) => box.right), top: least((box) => box.top) - frame.top, bottom: frame.bottom - most((box) => box.bottom) };
    });
  const { left, right, top, bottom } = await margins();
  assert.ok(Math.abs(left - right) < 3 && Math.abs(top - bottom) < 3, JSON.stringify({ left, right, top, bottom }));
  const [zoom, frame] = [await page.locator(".zoom").boundingBox(), await page.locator(".map").boundingBox()];
  assert.ok(frame.y + frame.height - zoom.y < bottom, "the buttons cover no box");
  await shoot(page, "middle-of-map");
}

/** Each label that is seen lies on its own call only; the others are seen by those who go to one end of theirs. */
export async function labelsOfCalls(page, url) {
  const time = shop.now();
  const from = [0, 1, 2, 3];
  const documents = from.flatMap((caller) => shop.calls(time, `caller-${caller}`, from.map((called) => `called-${called}`)));
  await shop.put(url, [...documents, ...shop.some(5)]);
  await page.goto(`${url}/#/map`);
  await page.getByRole("button", { name: /^called-3 / }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".edge").length === 25);
  const found = await page.evaluate(() => {
    const edges = [...document.querySelectorAll(".edge")].map((edge) => {
      const line = edge.querySelector(".line");
      const length = line.getTotalLength();
      const label = edge.querySelector("rect");
      const isSeen = getComputedStyle(label).visibility === "visible";
      return { points: Array.from({ length: 100 }, (_, at) => line.getPointAtLength((length * at) / 99)), room: isSeen && label.getBBox() };
    });
    const isIn = ({ x, y, width, height }, point) => x + 1 < point.x && point.x < x + width - 1 && y + 1 < point.y && point.y < y + height - 1;
    const meet = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
    const seen = edges.filter((edge) => edge.room);
    return {
      seen: seen.length,
      crossed: seen.filter(({ room }) => edges.some((other) => other.room !== room && other.points.some((point) => isIn(room, point)))).length,
      covered: seen.filter(({ room }) => seen.some((other) => other.room !== room && meet(room, other.room))).length,
    };
  });
  assert.deepEqual([found.crossed, found.covered], [0, 0], JSON.stringify(found));
  assert.ok(found.seen >= 10, `${found.seen} labels are seen`);
  await shoot(page, "labels-of-calls");
  await page.getByRole("button", { name: /^caller-1 service/ }).focus();
  const near = page.locator(".edge.near text");
  assert.equal(await near.filter({ visible: true }).count(), await near.count());
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Chosen service" }).waitFor();
  await accessible(page, "a map with a chosen node");
  await shoot(page, "labels-of-chosen");
}
