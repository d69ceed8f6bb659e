// All of it without a mouse.

import assert from "node:assert/strict";

import { rows, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function keysOnly(page, url) {
  await shop.put(url, shop.some(20));
  await page.goto(url);
  await page.getByRole("button", { name: /^orders/ }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("heading", { name: /^Traces 20 / }).waitFor();
  await page.locator("#filter:focus").waitFor();
  await page.keyboard.type("fault = true");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /4 match/ }).waitFor();
  // The range, the button, both pictures, and the list.
  for (let step = 0; step < 5; step += 1) await page.keyboard.press("Tab");
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

/** A rule and a group are made, and traces are compared, without a mouse. */
export async function keysInForms(page, url) {
  await shop.unequal(url);
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
