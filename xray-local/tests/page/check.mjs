// The page in a browser, as people use it: by mouse, by keys, narrow, dark, live, signed in, with much and with hostile content.
//
//   node check.mjs PROGRAM CHROMIUM [FOLDER FOR SCREENSHOTS [CHECK ...]]
//
// playwright-core and axe-core are taken from the folder in which node runs. Exits with 1 and says what differs, or with 0.

import assert from "node:assert/strict";
import { join } from "node:path";

import { chromium, start, watch } from "./browser.mjs";
import * as access from "./checks/access.mjs";
import * as choices from "./checks/choices.mjs";
import * as compare from "./checks/compare.mjs";
import * as crowd from "./checks/crowd.mjs";
import * as focus from "./checks/focus.mjs";
import * as forms from "./checks/forms.mjs";
import * as keyboard from "./checks/keyboard.mjs";
import * as looks from "./checks/looks.mjs";
import * as measures from "./checks/measures.mjs";
import * as state from "./checks/state.mjs";
import * as others from "./checks/others.mjs";
import * as phone from "./checks/phone.mjs";
import * as places from "./checks/places.mjs";
import * as sight from "./checks/sight.mjs";
import * as tabs from "./checks/tabs.mjs";
import * as themes from "./checks/themes.mjs";
import * as waiting from "./checks/waiting.mjs";
import * as words from "./checks/words.mjs";

const [program, executablePath, folder, ...wanted] = process.argv.slice(2);
if (!executablePath) {
  console.error("usage: node check.mjs PROGRAM CHROMIUM [FOLDER [CHECK ...]], for example node check.mjs target/debug/xray-local /usr/bin/chromium");
  process.exit(2);
}

const checks = [looks, choices, compare, focus, forms, state, keyboard, waiting, others, crowd, access, phone, places, sight, tabs, themes, words, measures].flatMap((all) => Object.values(all));
const known = checks.map((check) => check.name);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`there is no check ${unknown.join(", ")}: expected some of ${known.join(", ")}`);
  process.exit(2);
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const figures = [];
let failures = 0;
for (const check of checks.filter((check) => wanted.length === 0 || wanted.includes(check.name))) {
  // A server of its own for each.
  const server = await start(program, check.options);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const told = watch(page, server.url);
  try {
    const found = await check(page, server.url);
    assert.deepEqual(told, [], "nothing is asked for elsewhere, and nothing fails");
    console.log(`ok ${check.name}`);
    if (found) figures.push(found);
  } catch (error) {
    failures += 1;
    console.error(`FAILED ${check.name}: ${error.message}\n${told.join("\n")}`);
    if (folder) await page.screenshot({ path: join(folder, `failed-${check.name}.png`) });
  }
  await context.close();
  server.child.kill();
}
await browser.close();
if (figures.length > 0) tell(figures);
process.exit(failures > 0 ? 1 : 0);

/** One line for each that was measured: until it was drawn, how long of that the server was waited for, and how much came from it; frames and steps while it was scrolled through; memory. */
function tell(figures) {
  const columns = {
    paint: ["first paint", 0, "ms"], drawn: ["drawn", 0, "ms"], waited: ["waited", 0, "ms"], read: ["read", 2, "MB"],
    frame: ["a frame", 0, "ms"], slow: ["19 of 20", 0, "ms"], step: ["a step", 1, "ms"], slowStep: ["19 of 20", 1, "ms"], heap: ["heap", 1, "MB"], nodes: ["nodes", 0, ""],
  };
  const text = (value, digits, unit) => `${value.toFixed(digits)} ${unit}`.trim();
  const width = Math.max(...figures.map(({ what }) => what.length));
  const line = (what, cells) => console.log([what.padEnd(width), ...cells.map((cell) => cell.padStart(12))].join(" "));
  line("", Object.values(columns).map(([name]) => name));
  for (const measured of figures) line(measured.what, Object.entries(columns).map(([name, [, digits, unit]]) => text(measured[name], digits, unit)));
}
