// How long a page of many steps takes to be ready, and to redraw after a key: `npm run speed`, or `npm run speed -- 400000`.

import { Browser } from "./browser.mjs";
import { html, sample } from "./sample.mjs";

const KEYS = ["ArrowRight", "+", "-", "d", "0", "v", "c", "-", "-", "0", "]", "f", "l"];

const steps = Number(process.argv[2] ?? 100_000);
const content = html(sample({ steps }));
const browser = await Browser.launch();
const [ready, drawn] = [[], []];
// Whatever else the machine does only adds to the time: the shortest of a few is what the page takes.
for (let i = 0; i < 5; i++) {
  const page = await browser.show(content);
  ready.push(await page.evaluate(() => window.readyAt));
  for (const key of KEYS) drawn.push(...(await redraw(page, key)));
  await page.context().close();
}
await browser.close();
drawn.sort((a, b) => a - b);
const [middle, nearMost] = [0.5, 0.95].map((share) => drawn[Math.floor(drawn.length * share)]);
console.log(`${steps} steps, a page of ${(content.length / 1e6).toFixed(2)} MB`);
console.log(`ready after ${Math.min(...ready).toFixed(0)} ms, redrawn in ${middle.toFixed(1)} ms, 19 of 20 times in ${nearMost.toFixed(1)} ms`);

/** How long it takes to handle a key and to draw what it changes, some times over. */
async function redraw(page, key) {
  return page.evaluate(async (pressed) => {
    const times = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true }));
      const handled = performance.now() - start;
      times.push(handled + (await new Promise((done) => requestAnimationFrame(() => {
        const drawn = performance.now();
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now() - drawn);
        channel.port2.postMessage(0);
      }))));
    }
    return times;
  }, key);
}
