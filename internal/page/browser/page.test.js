// The status page in a browser: no error on its console, nothing that axe-core objects to, in light, in dark and at 360 px; it
// takes in what changes, says when it is old, and lets nothing that a name says run. Pictures of all go to build/pages.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const root = new URL("../../../", import.meta.url).pathname;
const pictures = `${root}build/pages/`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const patience = 60_000; // a busy machine takes ten times as long

const wide = { width: 1440, height: 900 };
const narrow = { width: 360, height: 740 };
const plain = { colorScheme: "light", forcedColors: "none" };
const looks = {
  light: [plain, wide],
  dark: [{ ...plain, colorScheme: "dark" }, wide],
  narrow: [plain, narrow],
};
const more = {
  middle: [plain, { width: 820, height: 1100 }],
  narrowdark: [{ ...plain, colorScheme: "dark" }, narrow],
  forced: [{ ...plain, forcedColors: "active" }, wide],
};

let browser;
let scenes; // the program that serves them
let base;

// serve starts the scenes and answers with their address.
async function serve() {
  const child = spawn(`${root}build/scenes`, { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) return [child, line];
  throw new Error("scenes: ended without an address");
}

before(async () => {
  mkdirSync(pictures, { recursive: true });
  [scenes, base] = await serve();
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] }); // CI is root, which Chromium's sandbox refuses
});

after(async () => {
  await browser?.close();
  scenes?.stdin.end();
});

// open shows a page, to be visited, and collects what its console says.
async function open(url, visit) {
  const context = await browser.newContext({ viewport: wide });
  context.setDefaultTimeout(patience);
  try {
    const page = await context.newPage();
    const said = [];
    page.on("console", (m) => { if (["error", "warning"].includes(m.type())) said.push(m.text()); });
    page.on("pageerror", (e) => said.push(String(e)));
    page.on("dialog", (d) => { said.push(`dialog: ${d.message()}`); d.dismiss(); });
    page.on("response", (r) => { if (r.status() >= 400) said.push(`${r.status()} ${r.url()}`); });
    await page.goto(url);
    await page.waitForFunction(() => !document.getElementById("fresh-text").textContent.startsWith("As of"));
    await visit({ page, said });
  } finally {
    await context.close();
  }
}

// violations are what axe-core objects to. It comes in by the driver: the page's policy lets no other script in.
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run({ exclude: ["article.group:nth-child(n + 12)", "article.pool:nth-child(n + 4)"] }, { // hundreds are of one make
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
}

const hosts = ["quiet", "healthy", "faulty", "willing", "many", "hostile", "silent"];
const fleets = ["fleet-empty", "fleet-well", "fleet-troubled", "fleet-many", "fleet-hostile", "fleet-cut"];

for (const scene of [...hosts, ...fleets]) {
  const url = () => `${base}/${scene}/${fleets.includes(scene) ? "fleet" : ""}`;
  test(`${scene}: nothing on the console, nothing that axe objects to, nothing beyond the edge`, () => open(url(), async ({ page, said }) => {
    for (const [name, [media, size]] of Object.entries(["faulty", "fleet-troubled"].includes(scene) ? { ...looks, ...more } : looks)) {
      await page.emulateMedia(media);
      await page.setViewportSize(size);
      await page.screenshot({ path: `${pictures}${scene}-${name}.png`, fullPage: !scene.endsWith("many") });
      assert.deepEqual(await violations(page), [], name);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${name}: the page is ${over} px too wide`);
    }
    assert.deepEqual(said, []);
  }));
}

test("what is open and where the focus is stays so when a block is replaced", () => open(`${base}/changing/`, async ({ page }) => {
  const summary = page.locator("#list article:has(progress) summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.evaluate(() => { window.before = document.activeElement; });
  await page.waitForFunction(() => !window.before.isConnected); // the scene's activity goes on all the time
  assert.equal(await page.evaluate(() => document.activeElement.closest("article").querySelector("details").open), true);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  await page.screenshot({ path: `${pictures}changing-open.png`, fullPage: true });
  assert.deepEqual(await violations(page), []);
}));

test("groups stand in the order of how much they want attention, also when that changes", () => open(`${base}/turning/`, async ({ page }) => {
  const names = () => page.evaluate(() => [...document.querySelectorAll("#list h3")].map((h) => h.firstChild.textContent.trim()));
  const [first] = await names();
  await page.waitForFunction((was) => document.querySelector("#list h3").firstChild.textContent.trim() !== was, first);
  assert.equal(await page.locator("#list article").first().getAttribute("class"), "group lost");
  assert.equal((await names()).length, new Set(await names()).size);
}));

test("an agent that judges nothing is said to be silent", () => open(`${base}/silent/`, async ({ page }) => {
  assert.match(await page.locator("#stale").innerText(),
    /^The agent has judged nothing for 1\dm\. What stands here is how it was at 2026-01-02T02:54:05Z\.$/);
}));

test("a page that hears nothing says so", async () => {
  const [child, address] = await serve();
  const gone = new Promise((resolve) => { child.on("exit", resolve); });
  await open(`${address}/faulty/`, async ({ page }) => {
    child.stdin.end();
    await gone;
    await page.locator("#stale:not([hidden])").waitFor();
    assert.match(await page.locator("#stale").innerText(), /^The agent has said nothing for \d+s\. What stands here is how it was at /);
    await page.screenshot({ path: `${pictures}faulty-gone.png` });
    assert.deepEqual(await violations(page), []);
  });
});

test("without a script the page is whole, and says that it stands still", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(`${base}/faulty/`);
    assert.match(await page.locator("noscript").innerText(), /stands still/);
    assert.equal(await page.locator("#list article").count(), 4);
  } finally {
    await context.close();
  }
});

test("the keyboard reaches everything in the order in which it is read", () => open(`${base}/faulty/`, async ({ page }) => {
  const reached = [];
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.textContent.trim()));
  }
  const headings = await page.evaluate(() => [...document.querySelectorAll("#list h3")].map((h) => h.firstChild.textContent.trim()));
  assert.deepEqual(reached, ["To the groups", ...headings.map((name) => `Evidence for ${name}`)]);
}));

// freePort is a port that nobody listens on.
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// answers waits until there is a page at url, or the program that is to serve it has ended.
async function answers(url, child) {
  while (child.exitCode === null) {
    try {
      if ((await fetch(url)).ok) return;
    } catch { /* not yet */ }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`${url}: the program has ended with ${child.exitCode}`);
}

// delays answers, once the event and what it means stand on the page, how many milliseconds after it happened each new event
// stood there. Both clocks are this machine's.
const delays = (page, type, selector) => page.evaluate(([wanted, sign]) => new Promise((resolve) => {
  const here = new Set([...document.querySelectorAll("[data-event]")].map((e) => e.dataset.event));
  const late = {};
  new MutationObserver(() => {
    for (const e of document.querySelectorAll("[data-event]")) {
      if (here.has(e.dataset.event)) continue;
      here.add(e.dataset.event);
      late[e.querySelector(".type").textContent] ??= Date.now() - Date.parse(e.querySelector("time").dateTime);
    }
    if (late[wanted] !== undefined && document.querySelector(sign)) resolve(late);
  }).observe(document.body, { childList: true, subtree: true });
}), [type, selector]);

test("a fault that hosts share stands on the open page of the fleet within a second", () => open(`${base}/fleet-turning/fleet`, async ({ page, said }) => {
  await page.getByText(/^Live/).waitFor(); // it hears
  assert.equal(await page.getByText("Shared fault").count(), 0);
  const shown = page.evaluate(() => new Promise((resolve) => {
    new MutationObserver(() => { if (document.body.textContent.includes("Shared fault")) resolve(Date.now()); })
      .observe(document.body, { childList: true, subtree: true });
  }));
  const begun = Date.now();
  assert.ok((await fetch(`${base}/turn`)).ok);
  const late = await shown - begun;
  console.log("milliseconds until the fleet's page had it:", late);
  assert.ok(late <= 1000, `it stood there after ${late} ms`);
  assert.deepEqual(said, []);
}));

test("a fault in the demo's story stands on the open page within a second", async () => {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const args = ["-bin", `${root}build`, "-listen", new URL(url).host, `${root}testdata/hosts/mirror-loses-a-disk.txtar`];
  const demo = spawn(`${root}build/demo`, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => { demo.on("exit", resolve); });
  try {
    await answers(url, demo);
    await open(url, async ({ page, said }) => {
      const late = await delays(page, "redundancy.lost", "#list article.lost");
      await page.screenshot({ path: `${pictures}story-light.png`, fullPage: true });
      console.log("milliseconds from event to page:", JSON.stringify(late));
      assert.ok(late["redundancy.lost"] <= 1000, `redundancy.lost stood there after ${late["redundancy.lost"]} ms`);
      assert.match(await page.locator("#said").textContent(), / is Lost/);
      assert.deepEqual(said, []);
    });
  } finally {
    demo.kill("SIGINT");
    await ended;
  }
});
