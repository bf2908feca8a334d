// Whether the rules hold by which axe looks for what keeps people out.
"use strict";

const axe = require("axe-core");
const { assert, run, settled } = require("./browser.js");

run(async (page) => {
  await page.evaluate(axe.source);
  const look = async (what) => {
    await settled(page);
    const { violations, passes } = await page.evaluate(() => axe.run());
    const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html).join(" ")}`);
    assert.deepEqual(told, [], what);
    assert.ok(passes.length > 15, `${passes.length} rules in ${what}`);
  };
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await look("everything");
    await page.focus("#traces");
    await press("Home", "ArrowRight", "ArrowRight");
    await look("the list");
    await press("Enter");
    await look("a trace");
    await press("Enter");
    await look("an operation");
    await press("?");
    await look("the keys");
    await press("Escape");
    await page.fill("#name", "nothing has this name");
    await look("a trace of which nothing is taken");
    await press("Escape", "Escape", "Escape");
    assert.ok(await page.isVisible("#overview"));
    await look("nothing");
    await page.click("#clear");
  }
});
