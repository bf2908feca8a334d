// Whether all that is known of an operation can be read, in words and with the digits that the log has.
"use strict";

const { assert, run, settled } = require("./browser.js");

run(async (page) => {
  await page.click("#traces [data-index='1']");
  const details = async (name) => {
    await page.click(`#waterfall [data-index]:has(b:text-is("${name}"))`);
    await settled(page);
    return page.$eval("#details", (element) => element.innerText.replaceAll(/\s+/g, " "));
  };
  const told = async (name, ...sentences) => {
    const text = await details(name);
    for (const sentence of sentences) assert.ok(text.includes(sentence), `${sentence} in ${text}`);
  };

  await told("serve", "open for 4.50 ms when the log ended", "after 2.00 ms: expected to take 1.00 ms");
  await told("serve", '"largest": 9223372036854775807', '"beyond": 18446744073709551615', '"odd": 9007199254740993', '"third": 0.3333333333333333');
  await told("lock", "cancelled after 3.50 ms", "Began 2026-11-27 16:00:00.000500 UTC", "Ended 2026-11-27 16:00:00.004000 UTC");
  await told("lock", "Cause parent", "Its cause timeout", "the client went away", "Dropped at shop::serve (src/serve.rs:12)");
  await told("lock", "tokio::sync::Mutex::lock", "shop::lock (src/lock.rs:3)", "ran 700 µs without a pause, of 50.0 µs allowed");
  await told("lock", "Polls 3", "Busy 1.20 ms", "Idle 2.30 ms", "Last inside ✗ read 0000000000000003");
  await told("read", "failed after 100 µs", "its invoke is not in the log", "panic", "index out of bounds", "src/read.rs:7:5");
  await told("read", "the first", "the second", '"index": 3', "Inside ⊘ lock 0000000000000002");
  await told("flush", "unknown after 300 µs: process exit", '"shard": 7');

  // Links lead to the operations that are named.
  await details("lock");
  await page.click("#details a:has-text('read')");
  assert.match(await page.textContent("#details h3"), /read/);

  // Slow ones are marked where they were slow, and what is open has no end.
  const marks = await page.$$eval("#waterfall .mark", (all) => all.map((mark) => mark.getBoundingClientRect().x));
  assert.equal(marks.length, 2);
  const [serve, lock] = await page.$$eval("#waterfall .line", (all) => all.slice(0, 2).map((line) => line.getBoundingClientRect().toJSON()));
  const share = (x, line) => (x + 7 - line.left) / line.width;
  // The trace is known for 4.5 ms: until its last end.
  assert.ok(Math.abs(share(marks[0], serve) - 2 / 4.5) < 0.02, String(share(marks[0], serve)));
  assert.ok(Math.abs(share(marks[1], lock) - 1.5 / 4.5) < 0.02, String(share(marks[1], lock)));
  const open = await page.$eval("#waterfall .span.open", (bar) => bar.getBoundingClientRect().right);
  assert.ok(Math.abs(open - serve.right) < 1.5, "what is open goes on");
});
