// Where the focus is when forms and questions open and close, and that nothing typed is lost to keys that do something else.

import assert from "node:assert/strict";

import { accessible } from "../browser.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.name || document.activeElement.getAttribute("aria-label") || document.activeElement.textContent);

async function formOf(page, url, { view, button, first, row, second }) {
  await page.goto(`${url}/#/${view}`);
  const opener = page.getByRole("button", { name: button });
  const form = page.locator("form.editor");
  for (const [open, close] of [["click", "Escape"], ["Enter", "Cancel"]]) {
    if (open === "click") await opener.click();
    else await page.keyboard.press("Enter");
    await form.waitFor();
    assert.equal(await focused(page), first);
    await page.keyboard.type("gems and more");
    assert.equal(await page.locator(`[name=${first}]`).inputValue(), "gems and more");
    // Beside the fields, too, letters do nothing else while a form is open.
    await form.getByRole("button", { name: "Create" }).focus();
    await page.keyboard.press("d");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("m");
    assert.ok(page.url().endsWith(`#/${view}`));
    await accessible(page, `${button} is open`);
    if (close === "Escape") await page.keyboard.press("Escape");
    else await form.getByRole("button", { name: "Cancel" }).click();
    await form.waitFor({ state: "detached" });
    assert.equal(await focused(page), button);
  }
  await page.getByRole("button", { name: `Edit ${row}` }).click();
  await form.waitFor();
  assert.equal(await focused(page), second);
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
  assert.equal(await focused(page), `Edit ${row}`);
  // From one form to another.
  await page.getByRole("button", { name: `Edit ${row}` }).click();
  await opener.click();
  await page.getByRole("form", { name: button }).waitFor();
  assert.equal(await focused(page), first);
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Edit typed" }).waitFor();
  await form.waitFor({ state: "detached" });
  assert.equal(await focused(page), button);
  // What does no harm is at hand, twice.
  for (const leave of ["Enter", "Escape"]) {
    await page.getByRole("button", { name: "Delete typed" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "yes, delete" }).waitFor();
    assert.equal(await focused(page), "no");
    await page.keyboard.press(leave);
    await page.getByRole("button", { name: "yes, delete" }).waitFor({ state: "detached" });
    assert.equal(await focused(page), "Delete typed");
  }
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete typed" }).waitFor({ state: "detached" });
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
  await page.keyboard.press("d");
  await page.getByRole("heading", { name: /^Health/ }).waitFor();
}

export const ruleFocus = (page, url) => formOf(page, url, { view: "sampling", button: "New rule", first: "RuleName", row: "Default", second: "ReservoirSize" });
export const groupFocus = (page, url) => formOf(page, url, { view: "groups", button: "New group", first: "GroupName", row: "Default", second: "InsightsEnabled" });
