// What stands in a view before there is an answer, and where there is none.

import { accessible, rows, shown } from "../browser.mjs";
import * as shop from "../shop.mjs";

const VIEWS = ["map", "traces", "sampling", "groups", "insights", "ledger", "health"];

/** Lets nothing through that views ask for, until it is told to. */
async function held(page) {
  let go;
  const told = new Promise((resolve) => (go = resolve));
  await page.route(/\/(local\/(?!access|events)|[A-Z])/, async (route) => {
    await told;
    await route.continue().catch(() => {});
  });
  return go;
}

/** Every view has its heading while it waits, and a trace says that it is still being looked at. */
export async function waiting(page, url) {
  const { id, documents } = shop.large(shop.now() - 300, 100);
  await shop.put(url, documents);
  const go = await held(page);
  for (const view of [...VIEWS, `trace/${id}`, `compare/${id}`, `compare/${id}?with=${id}`]) {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await accessible(page, `${view}, waiting`);
  }
  go();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  let find;
  await page.route("**/findings", async (route) => {
    await new Promise((resolve) => (find = resolve));
    await route.continue();
  });
  await page.goto(`${url}/#/trace/${id}`);
  await rows(page).first().waitFor();
  await page.getByRole("button", { name: "looking for findings" }).waitFor();
  find();
  await page.getByRole("button", { name: "no findings" }).waitFor();
}

/** An address that is no trace's says so, under a heading. */
export async function noTrace(page, url) {
  for (const id of ["nonsense", "1-00000000-000000000000000000000000"]) {
    await page.goto(`${url}/#/trace/${id}`);
    await page.locator(".problem, .nothing").first().waitFor();
    await accessible(page, `trace/${id}`);
  }
  await page.goto(`${url}/#/trace/nonsense`);
  await shown(page, "nonsense");
}
