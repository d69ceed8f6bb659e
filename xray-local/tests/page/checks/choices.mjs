// Stretches of pictures are chosen, and traces are deleted: by mouse and by keyboard.

import assert from "node:assert/strict";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

/** Ten traces of the last ten minutes, a minute apart, each ten times as slow as its number. */
async function spread(page, url) {
  const now = shop.now();
  const traces = Array.from({ length: 10 }, (_, at) => shop.request({ time: now - 30 - 60 * at, took: 0.01 * (at + 1) }));
  await shop.put(url, traces.flat());
  await page.goto(`${url}/#/traces`);
  await page.getByRole("heading", { name: /^Traces 10 / }).waitFor();
}

const began = (page) => page.getByRole("slider", { name: /^When traces began/ });
const took = (page) => page.getByRole("slider", { name: /response times from/ });

async function drag(page, bars, from, to) {
  const box = await bars.boundingBox();
  await page.mouse.move(box.x + box.width * from, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 20, { steps: 4 });
  // Outside of the picture, too, as hands are.
  await page.mouse.move(box.x + box.width * to, box.y + box.height + 60);
  await page.mouse.up();
}

export async function choosingTime(page, url) {
  await spread(page, url);
  // A quarter of fifteen minutes and one.
  await drag(page, began(page), 0.99, 0.75);
  await page.waitForURL(/range=[\d.]+/);
  await page.getByRole("heading", { name: /^Traces [345] from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/ }).waitFor();
  const chosen = page.url();
  await accessible(page, "a stretch of time");
  await shoot(page, "a-stretch-of-time");
  await page.reload();
  await page.getByRole("heading", { name: /^Traces [345] from / }).waitFor();
  await page.getByRole("link", { name: "map" }).click();
  await page.getByRole("heading", { name: "Service map" }).waitFor();
  assert.match(page.url(), /range=[\d.]+/, "it holds in the other views");
  await page.goBack();
  assert.equal(page.url(), chosen);
  await page.locator("select").first().selectOption("15m");
  await page.getByRole("heading", { name: /^Traces 10 in the last 15m/ }).waitFor();

  await began(page).focus();
  await page.keyboard.press("End");
  for (let step = 0; step < 7; step += 1) await page.keyboard.press("Shift+ArrowLeft");
  await page.locator(".volume figcaption").getByText(/^\d\d:\d\d to \d\d:\d\d: \d ok$/).waitFor();
  assert.match(await began(page).getAttribute("aria-valuetext"), /: \d ok$/);
  await page.keyboard.press("Escape");
  assert.equal(await began(page).getAttribute("aria-valuetext"), "nothing chosen");
  await page.keyboard.press("End");
  for (let step = 0; step < 7; step += 1) await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Traces [12] from / }).waitFor();
  for (const range of ["toString", "5..1", "1..x", "1e3..2e3"]) {
    await page.goto(`${url}/#/traces?range=${range}`);
    await page.getByRole("heading", { name: /^Traces 10 in the last 15m/ }).waitFor();
  }
}

export async function choosingDurations(page, url) {
  await spread(page, url);
  await drag(page, took(page), 0.98, 0.8);
  await page.waitForURL(/responsetime/);
  await page.getByRole("heading", { name: /^Traces [345] match/ }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: /^Traces 10 in/ }).waitFor();
  await took(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  assert.match(await took(page).getAttribute("aria-valuetext"), /^10 ms to 11 ms: 1$/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Traces 1 match/ }).waitFor();
}

export async function deleting(page, url) {
  const [one, other] = [shop.request({ time: shop.now() }), shop.request({ time: shop.now() })];
  await shop.put(url, [...one, ...other]);
  const open = async (id) => {
    await page.goto(`${url}/#/trace/${id}`);
    await page.getByRole("treegrid", { name: /Segments/ }).waitFor();
    await shown(page, id);
  };
  await open(one[0].trace_id);
  await page.getByRole("button", { name: "delete (del)" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this trace?" });
  await dialog.waitFor();
  await accessible(page, "asking before a trace is deleted");
  await shoot(page, "delete");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.locator("[role=treegrid]").focus();
  await page.keyboard.press("Delete");
  await dialog.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keep it", "what does no harm is at hand");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Traces 1 / }).waitFor();
  assert.equal(await rows(page).count(), 1);
  await page.goto(`${url}/#/trace/${one[0].trace_id}`);
  await page.getByRole("heading", { name: "No such trace" }).waitFor();
  await page.goto(`${url}/#/ledger`);
  await shown(page, "traces deleted");
}
