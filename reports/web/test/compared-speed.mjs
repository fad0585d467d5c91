// How long a page of many contenders, seeds and measures takes to be ready, and to do what one asks of it:
// `node test/compared-speed.mjs`, or `node test/compared-speed.mjs 2` for another number of contenders.

import { Browser } from "./browser.mjs";
import { compared, html } from "./compared-sample.mjs";
import { MEASURES } from "./measures-sample.mjs";

const contenders = Number(process.argv[2] ?? 64);
const names = Array.from({ length: contenders }, (_, i) => (i === 0 ? "raft" : `raft@nodes-${i}`));
const measures = [0, 1, 2].flatMap((n) =>
  MEASURES.map(([name, ...rest]) => [n === 0 ? name : `${name}-${n}`, ...rest]),
);
const content = html(compared({ names, seeds: 1000, broken: false, measures }));

/** What is done, by its name. */
const ACTS = {
  "all measures": () => document.querySelector("#differences input").click(),
  "another measure": () => document.querySelectorAll("#differences .measure")[7].click(),
  "the widest seed": () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "w", bubbles: true })),
  "the next seed": () =>
    document.querySelector("#seeds svg").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true })),
  "a line less": () => document.querySelector("#latency .chip").click(),
  "all lines": () => [...document.querySelectorAll("#latency .chips > button")].at(-1).click(),
};

const browser = await Browser.launch();
const ready = [];
const took = Object.fromEntries(Object.keys(ACTS).map((name) => [name, []]));
// Whatever else the machine does only adds to the time: the shortest of a few is what the page takes.
for (let i = 0; i < 5; i++) {
  const page = await browser.show(content);
  ready.push(await page.evaluate(() => window.readyAt));
  for (const [name, act] of Object.entries(ACTS)) took[name].push(await page.evaluate(timed, String(act)));
  await page.context().close();
}
await browser.close();
const size = `${contenders} contenders, 1000 seeds, ${measures.length} measures`;
console.log(
  `${size}, a page of ${(content.length / 1e6).toFixed(2)} MB: ready after ${Math.min(...ready).toFixed(0)} ms`,
);
for (const [name, times] of Object.entries(took)) console.log(`${name}: ${Math.min(...times).toFixed(1)} ms`);

/** How long it takes to do something and to draw what it changes. */
async function timed(act) {
  const start = performance.now();
  new Function(`return (${act})()`)();
  return new Promise((done) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now() - start);
      channel.port2.postMessage(0);
    }),
  );
}
