// Whether every text stands out from what is behind it, by WCAG's measure, and outcomes from one another without colour.
"use strict";

const { assert, run, settled } = require("./browser.js");

/** In the page: the texts whose contrast is below 4.5, and how many were looked at. */
function faint() {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  let looked = 0;
  for (const element of document.body.querySelectorAll("*")) {
    const isText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const style = getComputedStyle(element);
    const isSeen = element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0;
    if ((!isText && element.tagName !== "INPUT") || !isSeen || element.closest("script, option")) continue;
    looked += 1;
    const color = element.tagName === "INPUT" ? getComputedStyle(element, "::placeholder").color : style.color;
    const [a, b] = [luminance(rgba(color)), luminance(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${element.className || element.id || element.tagName}: ${element.textContent.slice(0, 40)}`);
  }
  return { found, looked };
}

run(async (page) => {
  const grounds = new Set();
  const look = async (what) => {
    await settled(page);
    const { found, looked } = await page.evaluate(faint);
    assert.deepEqual(found, [], what);
    assert.ok(looked > 40, `${looked} texts in ${what}`);
    grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  };
  const everywhere = async (theme) => {
    await look(`${theme}: everything`);
    await page.click("#outcome-unknown");
    await page.focus("#traces");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await look(`${theme}: the list`);
    await page.fill("#name", '"charge"');
    await page.click("#traces [data-index='1']");
    await page.click("#waterfall [data-index='1']");
    await look(`${theme}: an operation`);
    await page.keyboard.press("?");
    await look(`${theme}: the keys`);
    await page.keyboard.press("Escape");
    await page.click("#back");
    await page.click("#clear");
  };
  await page.emulateMedia({ colorScheme: "light" });
  await everywhere("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await everywhere("dark");
  assert.equal(grounds.size, 2, "dark is not light");

  // Whoever wants it the other way round has it, also after a reload.
  await page.click("#theme");
  await page.reload();
  await everywhere("light, though the system is dark");
  assert.equal(grounds.size, 2);

  // Without colour, a bar says by its pattern and outline how it ended.
  const looks = await page.evaluate(() => {
    const line = document.querySelector("#waterfall");
    const outcomes = ["success", "failed", "cancelled", "unknown", "open"];
    return outcomes.map((word) => {
      const bar = line.appendChild(document.createElement("span"));
      bar.className = `span ${word}`;
      const { backgroundImage, borderStyle, borderRightWidth } = getComputedStyle(bar);
      bar.remove();
      return [backgroundImage.replace(/rgba?\([^)]*\)|color\([^)]*\)/g, ""), borderStyle, borderRightWidth].join(" ");
    });
  });
  assert.equal(new Set(looks).size, looks.length, looks.join("\n"));
});
