// On a telephone, 360 pixels wide, nothing that matters lies beyond the edge; and what the ledger says is so.

import assert from "node:assert/strict";

import { accessible, shoot } from "../browser.mjs";
import * as shop from "../shop.mjs";

const isInSight = (part) =>
  part.evaluate((part) => {
    const box = part.getBoundingClientRect();
    return box.width > 0 && box.left >= 0 && box.right <= innerWidth;
  });

export async function phone(page, url) {
  await page.setViewportSize({ width: 360, height: 800 });
  const [front, orders] = shop.request({ time: shop.now() });
  orders.annotations = { "user id": 7 };
  await shop.put(url, [front, orders]);
  await shop.send(url, [{ ...front, name: "a-service-of-quite-some-name-and-a-number-17", id: shop.hex(8) }]);
  const any = { ResourceARN: "*", ServiceType: "*", ServiceName: "*", HTTPMethod: "*", Host: "*", Version: 1 };
  await shop.api(url, "/CreateSamplingRule", { SamplingRule: { ...any, RuleName: "checkouts", Priority: 7, FixedRate: 0.5, ReservoirSize: 3, URLPath: "/checkout" } });
  await shop.api(url, "/CreateGroup", { GroupName: "mine", FilterExpression: 'service("orders") { fault = true OR responsetime > 0.25 }' });
  await page.goto(`${url}/#/ledger`);
  await page.getByText("InvalidAnnotationKey").waitFor();
  const sees = async (part, what) => assert.ok(await isInSight(part.first()), what);
  for (const view of ["map", "traces", "sampling", "groups", "insights", "ledger", "health"]) await sees(page.getByRole("navigation").getByRole("link", { name: view }), `the way to ${view}`);
  await sees(page.getByRole("button", { name: "keys (?)" }), "the keys");
  await sees(page.getByText("InvalidAnnotationKey"), "what was found");
  await accessible(page, "ledger on a telephone");
  await shoot(page, "phone-ledger");
  await page.goto(`${url}/#/sampling`);
  await page.getByRole("button", { name: "Delete checkouts" }).waitFor();
  for (const [part, what] of [[page.getByText("50 %"), "the rate"], [page.getByRole("button", { name: "Edit checkouts" }), "edit"], [page.getByRole("button", { name: "Delete checkouts" }), "delete"]]) await sees(part, what);
  await accessible(page, "sampling on a telephone");
  await shoot(page, "phone-sampling");
  await page.goto(`${url}/#/groups`);
  await page.getByRole("button", { name: "Delete mine" }).waitFor();
  for (const part of [page.getByRole("link", { name: "Traces of mine" }), page.getByRole("button", { name: "Edit mine" }), page.getByRole("button", { name: "Delete mine" })]) await sees(part, "groups");
  await page.getByRole("button", { name: "Delete mine" }).click();
  await sees(page.getByRole("button", { name: "yes, delete" }), "asked");
  await accessible(page, "groups on a telephone");
  await shoot(page, "phone-groups");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "phone-groups-dark");
}

/** What X-Ray would do is no word on what was done here, and a sum says since when. */
export async function ledgerWords(page, url) {
  const [front, orders] = shop.request({ time: shop.now() });
  front.metadata = { default: { long: "x".repeat(70_000) } };
  await shop.put(url, [front, orders]);
  await shop.api(url, "/TraceSegments", { TraceSegmentDocuments: ["{}"] });
  await page.route("**/local/ledger", async (route) => {
    const response = await route.fetch();
    const ledger = await response.json();
    ledger.services.find(({ service }) => service === "orders").taken += 28;
    await route.fulfill({ response, json: ledger });
  });
  await page.goto(`${url}/#/ledger`);
  const row = (name) => page.getByRole("region", { name: "By service" }).getByRole("row").filter({ hasText: name });
  assert.match(await row("front").innerText(), /1\s+0\s+.*X-Ray would reject DocumentTooLarge in 1/);
  const orderly = await row("orders").innerText();
  assert.match(orderly, /nothing in the 1 that was looked at; 28 came too fast/);
  assert.doesNotMatch(orderly, /✓/);
  await page.getByText("1 refused since it started").first().waitFor();
  await page.getByText("refused since the server started").waitFor();
}
