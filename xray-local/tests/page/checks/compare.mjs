// Two traces beside one another.

import assert from "node:assert/strict";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function compare(page, url) {
  const [one, other] = await shop.unequal(url);
  await page.goto(`${url}/#/trace/${one}`);
  await page.getByRole("link", { name: "compare (x)" }).click();
  await shown(page, "Which trace is B?");
  await accessible(page, "choosing a trace to compare");
  await page.getByRole("link", { name: "GET /checkout" }).last().click();
  await shown(page, "B took 300 ms (300 %) longer than A.");
  await shown(page, "6 slower, 1 only in B, 1 only in A, of 8 parts.");
  assert.ok(page.url().endsWith(`#/compare/${one}?with=${other}`), page.url());
  await page.reload();
  await rows(page).nth(7).waitFor();
  const tree = page.getByRole("treegrid", { name: "Both traces" });
  await tree.focus();
  await page.keyboard.press("n");
  const current = () => rows(page).locator("xpath=self::*[@aria-selected='true']").innerText();
  assert.match(await current(), /price[^]*only in A/);
  await page.keyboard.press("N");
  await page.keyboard.press("N");
  assert.match(await current(), /shop@db[^]*only in B/);
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Chosen part" });
  await panel.getByText("SELECT again").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Home");
  await page.keyboard.press("h");
  assert.equal(await rows(page).count(), 1);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `compare in ${colorScheme}`);
    await shoot(page, `compare-${colorScheme}`);
  }
  await page.getByRole("link", { name: "swap A and B" }).click();
  await shown(page, "less than A.");
  await page.goto(`${url}/#/compare/${one}?with=1-00000000-000000000000000000000000`);
  await shown(page, "Nothing is stored of 1-00000000-000000000000000000000000");
}
