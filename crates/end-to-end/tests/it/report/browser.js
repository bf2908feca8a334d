// A browser with one page, which is watched: what it says on its console, asks for, or fails at, fails the script.
"use strict";

const assert = require("node:assert/strict");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const [, , path, told] = process.argv;
const address = pathToFileURL(path).href;

/** Opens the page, and hands it to `look` with what the script was told. */
async function see(look, { viewport = { width: 1440, height: 2400 } } = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport });
    const wrong = [];
    page.on("console", (message) => wrong.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
    page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
    page.on("request", (request) => {
      if (request.url().split("#")[0] !== address) wrong.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    await look(page, JSON.parse(told));
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
  }
}

/** The cells of the rows of a list that are in the document. */
const cells = (page, list) =>
  page.$$eval(`#${list} [role=row][data-index]`, (rows) =>
    rows.map((row) => [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent)),
  );

/** Waits for the next picture, so that whatever was done is shown. */
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const focused = (page) => page.evaluate(() => document.activeElement.id);

/** What the keys are on in a list. */
const active = (page, list) =>
  page.$eval(`#${list}`, (element) => document.getElementById(element.getAttribute("aria-activedescendant"))?.textContent);

const elements = (page) => page.evaluate(() => document.querySelectorAll("*").length);

const run = (look, options) =>
  see(look, options).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });

module.exports = { assert, address, run, cells, settled, focused, active, elements };
