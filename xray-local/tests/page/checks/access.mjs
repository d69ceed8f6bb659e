// A server with keys: signing in, what a key may do, and signing out.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { accessible, rows, shoot, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

const SECRETS = { READER: "what only readers know", WRITER: "what only writers know" };

function keys() {
  const file = join(mkdtempSync(join(tmpdir(), "page-check-")), "keys.json");
  const key = (id, policy) => ({ access_key_id: id, secret_access_key: SECRETS[id], policies: [policy] });
  writeFileSync(file, JSON.stringify({ keys: [key("READER", "AWSXrayReadOnlyAccess"), key("WRITER", "AWSXrayWriteOnlyAccess")] }));
  return ["--keys", file];
}

async function enter(page, id, secret) {
  await page.getByLabel("access key id").fill(id);
  await page.getByLabel("secret access key").fill(secret);
  await page.getByLabel("secret access key").press("Enter");
}

export async function signingIn(page, url) {
  await shop.send(url, shop.request({ time: shop.now() }));
  await page.goto(`${url}/#/traces`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "key-id");
  await accessible(page, "signing in");
  await shoot(page, "sign-in");
  await enter(page, "NOBODY", SECRETS.READER);
  await shown(page, 'no key of this server has the id "NOBODY"');
  await enter(page, "READER", SECRETS.WRITER);
  await shown(page, "is the secret the right one");

  await enter(page, "READER", SECRETS.READER);
  await page.getByRole("heading", { name: /^Traces 1 / }).waitFor();
  await shop.send(url, shop.request({ time: shop.now() }));
  await page.getByRole("heading", { name: /^Traces 2 / }).waitFor();
  await page.goto(`${url}/#/traces?filter=${encodeURIComponent("service(\"orders\") AND http.url CONTAINS \"/check\"")}`);
  await page.getByRole("heading", { name: /^Traces 2 match/ }).waitFor();
  await rows(page).first().click();
  await page.getByRole("treegrid").waitFor();
  assert.equal(await page.getByRole("button", { name: "delete" }).count(), 0, "a reader may not");
  await page.reload();
  await page.getByRole("treegrid").waitFor();
  for (const [view, heading] of [["map", "Service map"], ["sampling", "Sampling"], ["groups", "Groups"], ["insights", "Insights"], ["ledger", "Ledger"], ["health", "Health"]]) {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0, view);
  }
  assert.equal(await page.getByRole("button", { name: "New group" }).count(), 0, "what the key may not do is not offered");

  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]));
  assert.ok(kept.includes("READER") && !kept.includes(SECRETS.READER), kept);
  const other = await page.context().newPage();
  await other.goto(`${url}/#/map`);
  await other.getByRole("button", { name: /^orders/ }).waitFor();
  await page.getByRole("button", { name: "sign out READER" }).click();
  for (const tab of [page, other]) await tab.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await other.close();

  await enter(page, "WRITER", SECRETS.WRITER);
  await page.goto(`${url}/#/map`);
  await page.getByRole("heading", { name: "This key may not read" }).waitFor();
  await shown(page, "PutTraceSegments");
  await accessible(page, "a key that may not read");
  await shoot(page, "may-not-read");
}
signingIn.options = keys();

/** Whoever has a signing key of a day that is over, or whose clock is wrong. */
export async function signedInForADay(page, url) {
  const hours = 3_600_000;
  await page.clock.install({ time: Date.now() - 2 * hours });
  await page.goto(`${url}/#/map`);
  await enter(page, "READER", SECRETS.READER);
  await page.getByRole("heading", { name: /^Service map/ }).waitFor();
  await page.clock.fastForward(60 * hours);
  await page.goto(`${url}/#/groups`);
  await shown(page, "days that are over");
}
signedInForADay.options = signingIn.options;
