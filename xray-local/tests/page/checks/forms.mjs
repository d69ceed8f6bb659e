// What is typed: filters, rules, groups.

import assert from "node:assert/strict";

import { accessible, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

export async function completion(page, url) {
  await shop.put(url, shop.some(10));
  await shop.api(url, "/CreateGroup", { GroupName: "mine", FilterExpression: "fault" });
  await page.goto(`${url}/#/traces`);
  const field = page.getByRole("combobox", { name: "Filter expression" });
  const options = page.getByRole("listbox").getByRole("option");
  const chosen = page.locator('[role=option][aria-selected="true"]');
  const type = async (text, first) => {
    await page.keyboard.type(text);
    await options.first().filter({ hasText: first }).waitFor();
  };
  await field.click();
  await type("annot", "annotation.basket");
  await accessible(page, "completion");
  await shoot(page, "completion");
  await page.keyboard.press("ArrowDown");
  await chosen.filter({ hasText: "annotation.basket" }).waitFor();
  assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
  await page.keyboard.press("Enter");
  await options.first().filter({ hasText: "=" }).waitFor();
  assert.equal(await field.inputValue(), "annotation.basket ");
  await type("= ", "3");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type("and service(", ")");
  await type('"ord', '"orders"');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type(") { http.me", "http.method");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type('= "PO', '"POST"');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await type(" ", "AND");
  await page.keyboard.type("}");
  assert.equal(await field.inputValue(), 'annotation.basket = 3 and service("orders") { http.method = "POST" }');
  await page.getByRole("button", { name: "Apply", disabled: false }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /10 match/ }).waitFor();
  await field.fill("group.name = ");
  await options.filter({ hasText: '"mine"' }).waitFor();
  await page.keyboard.press("Escape");
  await options.first().waitFor({ state: "detached" });
}

export async function ruleEditor(page, url) {
  await page.goto(`${url}/#/sampling`);
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("priority").fill("0");
  await page.getByRole("button", { name: "Create" }).click();
  const wrong = page.locator('[aria-invalid="true"]');
  await wrong.waitFor();
  assert.equal(await wrong.getAttribute("name"), "RuleName");
  await page.getByLabel("name", { exact: true }).fill("<b>orders</b>");
  await page.getByRole("button", { name: "Create" }).click();
  await shown(page, "SamplingRule.Priority: invalid value: integer `0`, expected a whole number from 1 to 9999");
  assert.equal(await page.evaluate(() => document.activeElement.name), "Priority");
  await accessible(page, "a rule that is refused");
  await page.getByLabel("priority").fill("12");
  await page.getByLabel("rate", { exact: true }).fill("half");
  await page.getByRole("button", { name: "Create" }).click();
  await shown(page, "SamplingRule.FixedRate: invalid type: string \"half\", expected a number from 0 to 1");
  await page.getByLabel("rate", { exact: true }).fill("0.25");
  await page.getByLabel("attributes").fill("tier = gold");
  await page.getByRole("button", { name: "Create" }).click();
  const row = page.getByRole("region", { name: "Sampling rules" }).getByRole("row").filter({ hasText: "<b>orders</b>" });
  await row.getByText("25 %").waitFor();
  await row.getByText("gold").waitFor();
  await page.getByRole("button", { name: "Edit <b>orders</b>" }).click();
  await page.getByLabel("reservoir").fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("9 / s").waitFor();
  await page.getByRole("button", { name: "Edit Default" }).click();
  assert.equal(await page.getByLabel("path", { exact: true }).first().isDisabled(), true);
  await page.getByLabel("rate", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: "everything else" }).getByText("100 %").waitFor();
  await page.getByRole("button", { name: "Delete <b>orders</b>" }).click();
  await page.getByRole("button", { name: "yes, delete" }).click();
  await row.waitFor({ state: "detached" });
  const { SamplingRuleRecords: left } = await shop.api(url, "/GetSamplingRules", {});
  assert.deepEqual(left.map(({ SamplingRule }) => [SamplingRule.RuleName, SamplingRule.FixedRate]), [["Default", 1]]);
}

export async function groups(page, url) {
  await shop.put(url, shop.some(10));
  await page.goto(`${url}/#/groups`);
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("name", { exact: true }).fill("failed");
  const filter = page.getByRole("combobox", { name: "filter" });
  await filter.fill("falt");
  await shown(page, "column 1: `falt` is no keyword here");
  await filter.fill('service("orders") { fault }');
  // What can come next would lie over what is below.
  await filter.press("Tab");
  await page.getByLabel("watch for insights").check();
  await page.getByRole("button", { name: "Create" }).click();
  const row = page.getByRole("row").filter({ hasText: "failed" });
  await row.getByText("on", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit failed" }).click();
  await filter.fill("fault = maybe");
  await page.getByRole("button", { name: "Save" }).click();
  await shown(page, "FilterExpression");
  await filter.fill("fault = true");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("fault = true").waitFor();
  await page.getByRole("link", { name: "Traces of failed" }).click();
  await page.getByRole("heading", { name: /2 match/ }).waitFor();
  await page.goto(`${url}/#/groups`);
  await page.getByRole("button", { name: "Delete failed" }).click();
  await page.getByRole("button", { name: "no", exact: true }).click();
  await page.getByRole("button", { name: "Delete failed" }).click();
  await page.getByRole("button", { name: "yes, delete" }).click();
  await row.waitFor({ state: "detached" });
}
