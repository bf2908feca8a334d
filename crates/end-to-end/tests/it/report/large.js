// Whether a hundred thousand operations are looked at without waiting, and with few elements.
"use strict";

const { assert, run, cells, settled, elements } = require("./browser.js");

/** What anybody would call broken, on a machine that does other things as well. */
const LONGEST = 15_000;
const MOST_ELEMENTS = 2_000;

run(
  async (page) => {
    const times = {};
    const timed = async (what, act) => {
      const begun = performance.now();
      await act();
      await settled(page);
      times[what] = Math.round(performance.now() - begun);
      assert.ok(times[what] < LONGEST, `${what} took ${times[what]} ms`);
      const count = await elements(page);
      assert.ok(count < MOST_ELEMENTS, `${count} elements after: ${what}`);
    };
    await timed("load", () => page.reload());
    assert.match(await page.textContent("#taken"), /^100,000 operations in 8,001 traces/);

    await timed("filter by name", () => page.fill("#name", "charge"));
    const [[name, calls]] = await cells(page, "operations");
    assert.equal(name, "shop charge");
    await timed("filter by outcome", () => page.click("#outcome-success"));
    const [[, fewer]] = await cells(page, "operations");
    const number = (text) => Number(text.replaceAll(",", ""));
    assert.ok(number(fewer) < number(calls) / 5);
    await timed("filter by entity", () => page.fill("#entity", "order-7*"));
    await timed("clear", () => page.click("#clear"));

    await timed("order by p99", () => page.click("#operations [data-key=p99] button"));
    await timed("open the list", async () => {
      await page.focus("#traces");
      await page.keyboard.press("ArrowRight");
    });
    await timed("go to its end", () => page.keyboard.press("End"));
    await timed("order by length", () => page.selectOption("#order", "longest"));
    await timed("open the giant", async () => {
      await page.focus("#traces");
      for (const key of ["Home", "ArrowRight", "Enter"]) await page.keyboard.press(key);
    });
    assert.equal(await page.getAttribute("#waterfall", "aria-rowcount"), "20001");
    await timed("go to its last operation", () => page.keyboard.press("End"));
    await timed("look at it", () => page.keyboard.press("Enter"));
    assert.match(await page.textContent("#details"), /"number": \d+/);
    await timed("filter the giant", () => page.fill("#name", "send"));
    await timed("go back", () => page.click("#back"));
    console.log(Object.entries(times).map(([what, millis]) => `${what} ${millis} ms`).join(", "));
    console.log(`${await elements(page)} elements`);
  },
  { viewport: { width: 1440, height: 1000 } },
);
