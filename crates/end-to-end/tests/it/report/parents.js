// Whether operations whose place is not known are shown, and said to be so.
"use strict";

const { assert, run, settled } = require("./browser.js");

run(async (page) => {
  assert.match(await page.textContent("#missing"), /1 operation began inside one that the log does not have/);
  await page.click("#traces [data-index='1']");
  await settled(page);
  const rows = await page.$$eval("#waterfall [data-index]", (all) =>
    all.map((row) => [row.querySelector("b").textContent, row.getAttribute("aria-level"), row.querySelector(".orphan")?.textContent ?? ""]),
  );
  assert.deepEqual(rows, [
    ["orphan", "1", "parent missing"],
    ["inside", "2", ""],
    ["egg", "1", "in a circle"],
    ["hen", "2", ""],
    ["ouroboros", "1", "in a circle"],
  ]);
  await page.click("#waterfall [data-index='0']");
  assert.match(await page.textContent("#details"), /Inside0{14}63 \(not in the log\)/);
  await page.click("#waterfall [data-index='2']");
  assert.match(await page.textContent("#details"), /hen 0{15}4 \(which is inside it\)/);
});
