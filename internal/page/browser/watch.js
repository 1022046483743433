// Opens the status page whose address is its argument, and prints a line of JSON when it is open and live, and one for each event
// that comes to stand on it from then on: its type and text, and when that was, in milliseconds since 1970. A line with a problem
// is what the browser says on its console, or of an error. It ends when its standard input does.
import { chromium } from "playwright-core";

const say = (what) => console.log(JSON.stringify(what));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
process.stdin.on("end", async () => { await browser.close(); process.exit(); }).resume();

const page = await browser.newPage();
page.on("pageerror", (error) => say({ problem: String(error) }));
page.on("console", (message) => say({ problem: message.text() }));
await page.exposeFunction("told", say);
await page.goto(process.argv[2]);
await page.getByText(/^Live/).waitFor();
await page.evaluate(() => {
  const fresh = () => [...document.querySelectorAll("[data-event]")].filter((e) => !here.has(e.dataset.event));
  const here = new Set();
  for (const e of fresh()) here.add(e.dataset.event);
  new MutationObserver(() => {
    const shown = Date.now();
    for (const e of fresh()) {
      here.add(e.dataset.event);
      window.told({ type: e.querySelector(".type").textContent, text: e.textContent, shown });
    }
  }).observe(document.body, { childList: true, subtree: true });
});
say({ open: true });
