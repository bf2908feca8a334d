// Whether texts that try to be something else stay texts, wherever they are shown.
"use strict";

const { assert, run, cells, settled } = require("./browser.js");

const HOSTILE = /[\p{Cc}\u202a-\u202e\ufeff]/u;

run(async (page, texts) => {
  const markup = () => page.evaluate(() => document.querySelectorAll("script, img, iframe, [onclick], [onerror]").length);
  const before = await markup();
  assert.equal(before, 4, "three of data and one that is run");

  const names = (await cells(page, "operations")).map(([name]) => name.slice("shop ".length));
  const plain = texts.filter((text) => !HOSTILE.test(text));
  assert.deepEqual(names.filter((name) => plain.includes(name)).sort(), [...plain].sort());
  assert.ok(names.includes("right \\u{202e}to left"), "what reorders is an escape");
  assert.ok(names.every((name) => !HOSTILE.test(name)));

  for (const text of texts) {
    await page.fill("#name", `"${text}"`.replaceAll(/[\n\r]/g, ""));
    await settled(page);
    const rows = await cells(page, "traces");
    if (/\n/.test(text)) continue;
    assert.equal(rows.length, 2, `${JSON.stringify(text)} is found by its own text`);
    await page.click("#traces [data-index='1']");
    await page.click("#waterfall [data-index='0']");
    await settled(page);
    const details = await page.textContent("#details");
    if (plain.includes(text)) assert.ok(details.includes(text), details);
    assert.ok(!HOSTILE.test(details.replaceAll("\n", "")), JSON.stringify(details));
    await page.reload();
    assert.ok(await page.isVisible("#details"), "it can be linked to");
    assert.equal(await markup(), before);
    await page.click("#back");
  }
});
