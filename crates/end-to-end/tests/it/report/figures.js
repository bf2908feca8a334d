// Whether the table of operations says what was counted without it.
"use strict";

const { assert, run, cells } = require("./browser.js");

run(async (page, expected) => {
  const rows = await cells(page, "operations");
  const shown = Object.fromEntries(rows.map(([name, ...figures]) => [name, figures]));
  assert.deepEqual(shown, expected);

  const total = (column) => rows.reduce((sum, row) => sum + (Number(row[column]) || 0), 0);
  for (const [column, word] of Object.entries({ 2: "success", 3: "failed", 4: "cancelled", 5: "unknown", 6: "open" })) {
    assert.equal(await page.textContent(`#outcome-${word} .count`), String(total(column)), word);
  }
  assert.ok((await page.textContent("#taken")).startsWith(`${total(1)} operations in `));

  const missing = await page.textContent("#missing");
  assert.match(missing, /2 records were lost before reaching the log/);

  const errors = await page.$$eval("#errors li .text", (all) => all.map((one) => one.textContent));
  assert.ok(errors.includes("Declined") && errors.includes("panic"), String(errors));
  const causes = await page.$$eval("#causes li .text", (all) => all.map((one) => one.textContent));
  assert.ok(causes.includes("parent"), String(causes));

  // By a column, the largest first; by name, from a to z.
  for (const [key, column] of [["failed", 3], ["calls", 1]]) {
    await page.click(`#operations [data-key=${key}] button`);
    const numbers = (await cells(page, "operations")).map((row) => Number(row[column]) || 0);
    assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a), key);
    assert.equal(await page.getAttribute(`#operations [data-key=${key}]`, "aria-sort"), "descending");
  }
  await page.click("#operations [data-key=name] button");
  const names = (await cells(page, "operations")).map(([name]) => name.split(" ").slice(1).join(" ").toLowerCase());
  assert.deepEqual(names, [...names].sort());
});
