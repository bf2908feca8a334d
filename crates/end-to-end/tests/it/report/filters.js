// Whether filters hold for figures, lists and timelines, and are still there after a reload.
"use strict";

const { assert, run, cells, settled, address } = require("./browser.js");

run(async (page) => {
  const names = async () => (await cells(page, "operations")).map(([name]) => name.split(" ").slice(1).join(" ")).sort();
  const outermost = () => page.$$eval("#traces [aria-level='1'] b", (all) => all.map((name) => name.textContent));
  const all = await names();
  const taken = () => page.textContent("#taken");

  // A part of a name, a pattern, and the whole of it.
  await page.fill("#name", "SHI");
  assert.deepEqual(await names(), ["ship"]);
  assert.deepEqual(await outermost(), ["ship"]);
  assert.match(await taken(), /^2 of \d+ operations in 2 traces$/);
  await page.fill("#name", "?h*t");
  assert.deepEqual(await names(), ["checkout"]);
  await page.fill("#name", "formats [cs]*");
  assert.deepEqual(await names(), ["charge", "checkout", "compress", "ship"]);
  await page.fill("#name", '"wait"');
  assert.deepEqual(await names(), ["wait"]);
  assert.deepEqual((await outermost()).sort(), ["wait", "wait_for_inner"], "a trace is listed for what is inside it");
  await page.fill("#name", "no such name");
  assert.deepEqual(await names(), []);
  assert.deepEqual(await outermost(), []);
  await page.fill("#name", "");
  assert.deepEqual(await names(), all);

  // What ended so is taken or not, and the number that is offered stays.
  const offered = await page.textContent("#outcome-success .count");
  await page.click("#outcome-success");
  assert.equal(await page.getAttribute("#outcome-success", "aria-pressed"), "false");
  assert.equal(await page.textContent("#outcome-success .count"), offered);
  assert.ok((await cells(page, "operations")).every((row) => row[2] === "–"));
  assert.ok(!(await names()).includes("report"), "it only succeeded");
  assert.ok((await names()).includes("ship"), "one of them is open");

  // It is kept: by a reload, and by going back.
  await page.fill("#entity", "order-8");
  assert.deepEqual(await names(), ["ship"]);
  const [ship] = await cells(page, "operations");
  assert.deepEqual(ship.slice(1, 7), ["1", "–", "–", "–", "–", "1"]);
  await page.reload();
  assert.deepEqual(await names(), ["ship"]);
  assert.equal(await page.inputValue("#entity"), "order-8");
  assert.equal(await page.getAttribute("#outcome-success", "aria-pressed"), "false");
  await page.click("#clear");
  assert.deepEqual(await names(), all);
  assert.equal(page.url().split("#")[1] ?? "", "");

  // Why it failed is a filter, too.
  await page.click("#errors li:has-text('Declined') button");
  assert.deepEqual(await names(), ["charge"]);
  await page.click("#why button");
  assert.deepEqual(await names(), all);

  // In a trace, what is taken and what is around it.
  await page.fill("#name", '"charge"');
  await page.click("#traces [data-index='1']");
  await settled(page);
  const rows = () => page.$$eval("#waterfall [data-index]", (all) => all.map((row) => [row.querySelector("b").textContent, row.matches(".around")]));
  assert.deepEqual(await rows(), [["checkout", true], ["charge", false]]);
  const link = page.url();
  await page.fill("#name", '"checkout"');
  assert.deepEqual(await rows(), [["checkout", false]]);
  await page.fill("#name", "nothing");
  assert.ok(await page.isVisible("#none"));

  // A link leads to the trace.
  await page.goto("about:blank");
  await page.goto(link);
  assert.deepEqual(await rows(), [["checkout", true], ["charge", false]]);
  await page.goto(`${address}#trace=${"9".repeat(32)}&operation=x&hide=nothing&order=?&traces=!`);
  await page.reload();
  assert.ok(await page.isVisible("#operations"), "a link to what is not there leads to everything");
});
