// Light and dark, wide and narrow.

import assert from "node:assert/strict";

import { accessible, rows, shoot } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function themes(page, url) {
  const documents = shop.some(10);
  await shop.put(url, documents);
  await shop.failing(url);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [view, ready] of [
      ["map", page.getByRole("button", { name: /^orders/ })],
      ["traces", rows(page).nth(9)],
      [`trace/${documents.find((document) => document.fault).trace_id}`, rows(page).nth(6)],
      ["sampling", page.getByRole("rowheader", { name: "Default" })],
      ["groups", page.getByRole("rowheader", { name: "Default" })],
      ["insights", page.getByRole("group", { name: /insights over time/ })],
      ["ledger", page.getByText("stored since the server started")],
      ["health", page.getByRole("heading", { name: "What is kept" })],
    ]) {
      await page.goto(`${url}/#/${view}`);
      await ready.waitFor();
      await accessible(page, `${view} in ${colorScheme}`);
      await shoot(page, `${view.split("/")[0]}-${colorScheme}`);
    }
  }
}

export async function narrow(page, url) {
  const documents = shop.some(10);
  await shop.put(url, documents);
  await shop.failing(url);
  const [one, other] = await shop.unequal(url);
  const compared = `compare/${one}?with=${other}`;
  await page.setViewportSize({ width: 360, height: 740 });
  const forms = { sampling: "New rule", groups: "New group" };
  for (const view of ["map", "traces", `trace/${documents[0].trace_id}`, `compare/${one}`, compared, "sampling", "groups", "insights", "ledger", "health"]) {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("heading").first().waitFor();
    if (forms[view]) await page.getByRole("button", { name: forms[view] }).click();
    await page.locator("main :is(table, svg, dl, .rows, .editor)").first().waitFor();
    await page.waitForFunction(() => document.scrollingElement.scrollWidth <= 360, null, { timeout: 5000 }).catch(() => assert.fail(`${view} is wider than the window`));
  }
  await page.goto(`${url}/#/map`);
  const node = page.getByRole("button", { name: /^payments/ });
  await node.focus();
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().right <= 360, null, { timeout: 5000 });
  await shoot(page, "narrow");
}
