// Whether a reader is told what a log does not say, and finds every failure and every cancellation somewhere.
"use strict";

const { assert, run, cells } = require("./browser.js");

run(async (page) => {
  const ranking = (id) =>
    page.$$eval(`#${id} li`, (all) =>
      all.map((one) => [".text", ".example", ".number"].map((part) => one.querySelector(part)?.textContent)));
  const inside = () => page.textContent("#told-inside");

  assert.match(await page.textContent("#missing"), /2 operations never ended, as far as the log knows/);
  assert.deepEqual(await ranking("errors"), [
    ["Declined", "no funds\\n<b>left</b> \\u{202e}on it", "2"],
    ["not recorded", undefined, "1"],
  ]);
  assert.deepEqual(await ranking("causes"), [
    ["not recorded", undefined, "1"],
    ["timeout", undefined, "1"],
  ]);
  assert.equal(await inside(), "1 failure and 1 cancellation were told by an operation inside.");
  assert.equal(await page.getAttribute("#errors .example", "title"), "no funds\\n<b>left</b> \\u{202e}on it");
  assert.match(await page.textContent("#activity"), /; 1 that failed, at [^;]+; 1 that was cancelled, at [^;]+\. A bar is [^.]+\.?\d* .s\.$/);

  // What did not say why is found by that, and after a reload, too.
  await page.click("#causes li:has-text('not recorded') button");
  for (const again of [false, true]) {
    if (again) await page.reload();
    assert.deepEqual((await cells(page, "operations")).map(([name, calls]) => [name, calls]), [["shop wait", "1"]]);
    assert.ok(!(await page.isVisible("#told-inside")));
  }
  await page.click("#clear");
  await page.fill("#name", "checkout");
  assert.equal(await inside(), "1 failure was told by an operation inside.");

  // Nothing is nothing, in the same words everywhere.
  await page.fill("#name", "no such name");
  assert.equal(await page.textContent("#activity"), "Nothing matches the filter.");
  assert.equal(await page.textContent("#operations .more"), "Nothing matches the filter.");
  assert.equal(await page.textContent("#traces .more"), "Nothing matches the filter.");
});
