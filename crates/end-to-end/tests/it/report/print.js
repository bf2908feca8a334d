// Whether what is printed has every row, and nothing that paper has no use for.
"use strict";

const { assert, run, cells, settled } = require("./browser.js");

run(
  async (page) => {
    await page.emulateMedia({ colorScheme: "dark" });
    const all = (await page.$eval("#operations", (list) => Number(list.getAttribute("aria-rowcount")))) - 1;
    assert.ok((await cells(page, "operations")).length < all, "a small window shows a part");

    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    await settled(page);
    assert.equal((await cells(page, "operations")).length, all);
    for (const control of ["#theme", "#keys", "#order", "#clear", "#name"]) {
      assert.ok(!(await page.isVisible(control)), control);
    }
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    const hidden = await page.$$eval(".rows", (lists) => lists.filter((list) => list.scrollHeight > list.clientHeight + 1).length);
    assert.equal(hidden, 0, "no row is cut off");

    // A trace is printed with the operation that is looked at.
    await page.emulateMedia({ media: "screen" });
    await settled(page);
    assert.ok((await cells(page, "operations")).length < all, "afterwards it is as before");
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.fill("#name", '"charge"');
    await page.click("#traces [data-index='1']");
    await page.click("#waterfall [data-index='1']");
    const pdf = await page.pdf({ format: "A4", margin: { top: "12mm", right: "12mm", bottom: "12mm", left: "12mm" } });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    await page.emulateMedia({ media: "print" });
    await settled(page);
    for (const [control, isSeen] of [["#back", false], ["#zoom-in", false], ["#waterfall", true], ["#details", true], ["#name", true]]) {
      assert.equal(await page.isVisible(control), isSeen, control);
    }
  },
  { viewport: { width: 1280, height: 200 } },
);
