// Whether a trace is found, opened and understood without a mouse.
"use strict";

const { assert, run, focused, active, settled } = require("./browser.js");

run(async (page) => {
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
    await settled(page);
  };

  // Tab goes from part to part in the order in which they are seen.
  const order = [];
  for (let count = 0; count < 60 && order.at(-1) !== "traces"; count += 1) {
    await press("Tab");
    const id = await focused(page);
    if (id) order.push(id);
  }
  const parts = ["keys", "theme", "name", "entity", "outcome-success", "outcome-failed", "outcome-cancelled", "outcome-unknown", "outcome-open"];
  assert.deepEqual(order, [...parts, "operations", "order", "traces"]);

  // The keys are told, and Escape closes what tells them.
  await press("?");
  assert.ok(await page.isVisible("#help"));
  await press("Escape");
  assert.ok(!(await page.isVisible("#help")));

  // The filter, and from there to the list.
  await press("/");
  assert.equal(await focused(page), "name");
  await page.keyboard.type("charge");
  await press("Escape");
  assert.equal(await focused(page), "traces");
  assert.match(await active(page, "traces"), /checkout/);
  const outline = await page.$eval("#traces .active", (row) => getComputedStyle(row).outlineStyle);
  assert.equal(outline, "solid", "what the keys are on is seen");

  // A group, its trace, and the timeline.
  const group = () => page.getAttribute("#traces [data-index='0']", "aria-expanded");
  assert.equal(await group(), "true", "a single group is open");
  await press("Home", "ArrowLeft");
  assert.equal(await group(), "false");
  await press("ArrowRight");
  assert.equal(await group(), "true");
  await press("ArrowRight", "Enter");
  assert.equal(await focused(page), "waterfall");
  assert.ok(await page.isVisible("#waterfall"));
  assert.ok(!(await page.isVisible("#overview")));
  assert.match(await active(page, "waterfall"), /checkout/);
  const levels = await page.$$eval("#waterfall [data-index]", (rows) => rows.map((row) => row.getAttribute("aria-level")));
  assert.deepEqual(levels, ["1", "2"]);

  // What is inside is closed and opened, and bars stand where they were in time.
  await press("ArrowLeft");
  assert.equal(await page.$$eval("#waterfall [data-index]", (rows) => rows.length), 1);
  await press("ArrowRight");
  const bars = await page.$$eval("#waterfall .span", (all) => all.map((bar) => bar.getBoundingClientRect()));
  assert.equal(bars.length, 2);
  assert.ok(bars[1].left > bars[0].left && bars[1].right <= bars[0].right + 1, "the inner is within the outer");

  // Zooming, and the whole again.
  const width = () => page.$eval("#waterfall .span", (bar) => bar.getBoundingClientRect().width);
  const whole = await width();
  await press("ArrowDown", "z");
  const inner = await page.$$eval("#waterfall .span", (all) => all.at(-1).getBoundingClientRect().width);
  assert.ok(inner > 0.8 * whole, "the operation fills the view");
  await press("0");
  assert.equal(await width(), whole);

  // An operation, what it says, and a link to another one.
  await press("Enter");
  assert.equal(await focused(page), "details");
  const details = await page.textContent("#details");
  for (const said of ["charge", "failed", "Declined", "connection reset", "the card was", '"code": 51', "4242", "<redacted>"]) {
    assert.ok(details.includes(said), `${said} in ${details}`);
  }
  await press("Escape");
  assert.equal(await focused(page), "waterfall");
  assert.ok(!(await page.isVisible("#details")));
  await press("Home", "Enter");
  assert.match(await page.textContent("#details"), /By the same error as/);
  await press("Tab", "Tab", "Enter");
  assert.match(await page.textContent("#details h3"), /charge/, "the link leads to what told the error");
  assert.match(page.url(), /operation=[0-9a-f]{16}/);

  // And back, step by step.
  await press("Escape");
  assert.equal(await focused(page), "waterfall");
  await press("Escape");
  assert.equal(await focused(page), "traces");
  assert.ok(await page.isVisible("#overview"));
  assert.ok(!page.url().includes("trace="));
  await page.goBack();
  assert.ok(await page.isVisible("#waterfall"), "the way back is the browser's, too");
});
