// A server and a browser, and what checks do with a page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = createRequire(join(process.cwd(), "package.json"));
export const { chromium } = here("playwright-core");
// As a script of the page it would be refused, as it should.
const axe = readFileSync(here.resolve("axe-core/axe.min.js"), "utf8");

const folder = process.argv[4];

/** A server of its own for each check. */
export async function start(program, options = []) {
  const child = spawn(program, ["--memory", "--bind", "127.0.0.1:0", ...options], { stdio: ["ignore", "ignore", "pipe"] });
  let talk = "";
  for await (const part of child.stderr) {
    talk += part;
    const found = talk.match(/AWS_ENDPOINT_URL_XRAY=(\S+)/);
    if (found) {
      child.stderr.resume();
      return { child, url: found[1] };
    }
  }
  throw new Error(`${program} did not start: ${talk}`);
}

/** What must not happen while a page is looked at. */
export function watch(page, url) {
  const told = [];
  // What the server refuses is shown, at its field or in place of the view; the browser tells of it as well.
  const isRefusal = (message) => /status of 40[03]/.test(message.text()) && message.location().url.startsWith(url);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !isRefusal(message) && told.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => told.push(`error: ${error.message}`));
  page.on("request", (request) => request.url().startsWith(url) || request.url().startsWith("blob:") || told.push(`request: ${request.url()}`));
  return told;
}

export function shown(page, text) {
  return page.getByText(text, { exact: false }).first().waitFor();
}

export function rows(page) {
  return page.locator(".rows .row");
}

export async function shoot(page, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

export async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map((violation) => `${what}: ${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html).join(" ").slice(0, 300)}`);
  assert.deepEqual(told, []);
}

/**
 * Opens an address, and tells what it took until `selector` was drawn, and how long of it the server was waited for; what scrolling through the
 * list costs, and the memory after all. Times are in milliseconds.
 */
export async function measured(page, address, selector) {
  await page.addInitScript((selector) => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector(selector)) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => (globalThis.drawnAfter = performance.now())));
    });
    watch.observe(document, { childList: true, subtree: true });
  }, selector);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.drawnAfter, null, { timeout: 60_000 });
  const drawn = await page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").filter((entry) => entry.initiatorType === "fetch" && entry.responseEnd > 0 && entry.responseEnd < globalThis.drawnAfter);
    return {
      paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
      drawn: globalThis.drawnAfter,
      waited: Math.max(...asked.map((entry) => entry.responseEnd - entry.requestStart)),
      read: asked.reduce((sum, entry) => sum + entry.decodedBodySize, 0) / 1e6,
    };
  });
  return { ...drawn, ...(await scrolled(page)), ...(await memory(page)) };
}

/**
 * How long frames are apart while a list is scrolled through, or a drawing is dragged; and what a step of that takes of the processor until all is
 * laid out, which tells more where the machine has other things to do.
 */
async function scrolled(page) {
  const { frames, steps } = await page.evaluate(async () => {
    const list = document.querySelector(".table");
    const drawing = document.querySelector(".map > svg");
    const drag = (type, x) => drawing.dispatchEvent(new PointerEvent(type, { clientX: 400 + x, clientY: 300, bubbles: true }));
    const move = (step) => (list ? (list.scrollTop += 700) : drag("pointermove", step * 3));
    const [frames, steps] = [[], []];
    if (!list) drag("pointerdown", 0);
    let last = performance.now();
    for (let step = 0; step < 60; step += 1) {
      move(step);
      await new Promise(requestAnimationFrame);
      const time = performance.now();
      frames.push(time - last);
      last = time;
    }
    for (let step = 60; step < 120; step += 1) {
      const before = performance.now();
      move(step);
      // The browser would tell of it with the next frame.
      list?.dispatchEvent(new Event("scroll"));
      await Promise.resolve();
      await Promise.resolve();
      document.body.getBoundingClientRect();
      steps.push(performance.now() - before);
      await new Promise(requestAnimationFrame);
    }
    return { frames, steps };
  });
  const at = (times, part) => times.sort((one, other) => one - other)[Math.min(times.length - 1, Math.floor(times.length * part))];
  return { frame: at(frames, 0.5), slow: at(frames, 0.95), step: at(steps, 0.5), slowStep: at(steps, 0.95) };
}

/** What is left after what nobody needs was thrown away: megabytes of the heap, and nodes. */
async function memory(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  await client.send("Performance.enable");
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heap: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes") };
}
