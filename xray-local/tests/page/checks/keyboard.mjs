// All of it without a mouse.

import assert from "node:assert/strict";

import { accessible, rows, shown } from "../browser.mjs";
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

/** On pages just opened, and from wherever the focus is, but in what uses the key itself. */
export async function keysAnywhere(page, url) {
  const documents = shop.some(20);
  await shop.put(url, documents);
  const failed = documents.find((document) => document.fault).trace_id;
  await page.goto(`${url}/#/traces`);
  await rows(page).nth(19).waitFor();
  for (const key of ["j", "j", "k"]) await page.keyboard.press(key);
  const chosen = rows(page).locator("xpath=self::*[@aria-selected='true']");
  assert.equal(await chosen.getAttribute("aria-rowindex"), "3");
  await page.keyboard.press("Enter");
  await page.getByRole("treegrid").waitFor();

  await page.goto("about:blank");
  await page.goto(`${url}/#/trace/${failed}`);
  await rows(page).nth(6).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("e");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Chosen segment" });
  await panel.waitFor();
  await page.getByRole("link", { name: "compare (x)" }).focus();
  await page.keyboard.press("[");
  await page.keyboard.press("k");
  await rows(page).nth(1).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "map" }).focus();
  await page.keyboard.press("]");
  await rows(page).nth(6).waitFor();
  // A button that has the focus is pressed; tabs are walked through; what is typed is text.
  const path = page.getByRole("button", { name: "critical path" });
  await path.focus();
  await page.keyboard.press("Enter");
  assert.equal(await path.getAttribute("aria-pressed"), "true");
  assert.equal(await panel.count(), 1);
  const before = await chosen.innerText();
  await page.getByRole("tab", { name: "overview" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("tab", { name: "overview" }).getAttribute("aria-selected"), "false");
  await page.getByRole("searchbox").focus();
  await page.keyboard.type("jed[");
  assert.equal(await page.getByRole("searchbox").inputValue(), "jed[");
  assert.equal(await chosen.innerText(), before);
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("Delete");
  await page.getByRole("dialog").waitFor();
  for (const key of ["j", "m", "["]) await page.keyboard.press(key);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await rows(page).count(), 7);
  await path.focus();
  await page.keyboard.press("?");
  await page.locator("[aria-label=Keys]:focus").waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await path.evaluate((button) => button === document.activeElement), "the focus is back where it was");
  await panel.waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
}

/** A grid that is higher than the window is one stop, and scrolls. */
export async function oneStop(page, url) {
  const { id, documents } = shop.large(shop.now() - 300, 100);
  await shop.put(url, [...documents, ...shop.some(40)]);
  for (const view of [`trace/${id}`, "traces", `compare/${id}?with=${id}`]) {
    await page.goto(`${url}/#/${view}`);
    await rows(page).nth(20).waitFor();
    await accessible(page, view);
    await page.keyboard.press("End");
    await page.locator(".table:focus").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.closest(".table")?.className ?? null), null, view);
  }
}
