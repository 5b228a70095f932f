// What a person does with the page, in a real browser; what was seen comes out as JSON.

import { chromium } from "playwright-core";

const [executablePath, url, first, second] = process.argv.slice(2);
const seen = { outside: [], complaints: [] };
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.setDefaultTimeout(15_000);
page.on("request", (request) => {
  if (!request.url().startsWith(url) && !request.url().startsWith("data:")) seen.outside.push(request.url());
});
page.on("console", (message) => message.type() === "error" && seen.complaints.push(message.text()));
page.on("pageerror", (error) => seen.complaints.push(error.message));

const names = () => page.$$eval("nav a", (links) => links.map((link) => link.textContent));
const rows = async () => {
  const answered = page.waitForResponse((response) => response.url().includes("/organizations?"));
  await page.click(".send button.main");
  await answered;
  await page.waitForFunction(() => document.querySelector(".send button.main").disabled === false);
  return page.$$eval(".rows tbody tr", (found) => found.map((row) => row.textContent));
};

await page.goto(url);
await page.waitForSelector("h1");
seen.title = await page.title();
seen.anonymous = await names();

await page.fill("#token", first);
await page.waitForSelector("nav a:text-is('organizations')");
seen.who = await page.textContent("#who");
seen.member = await names();
await page.click("nav a:text-is('organizations')");
await page.fill("input[name=select]", "name");
seen.first = await rows();

await page.fill("#token", second);
await page.waitForResponse((response) => response.url().endsWith("/openapi.json"));
await page.waitForSelector("input[name=select]");
await page.fill("input[name=select]", "name");
seen.second = await rows();

seen.kept = await page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]);
await page.click("#schemas a:text-is('v2')");
await page.waitForURL(`${url}v2/`);
await page.waitForSelector("nav a:text-is('todos')");
await page.click("nav a:text-is('todos')");
await page.waitForSelector(".fields");
seen.columns = await page.$$eval(".fields td:first-child", (cells) => cells.map((cell) => cell.textContent));
seen.foreign = await page.evaluate(() => fetch("http://127.0.0.2:9/").then(() => "allowed", () => "refused"));
seen.outside = seen.outside.filter((each) => !each.startsWith("http://127.0.0.2:9/"));
seen.complaints = seen.complaints.filter((each) => !each.includes("127.0.0.2"));
console.log(JSON.stringify(seen));
await browser.close();
