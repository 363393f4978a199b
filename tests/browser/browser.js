// Chromium for tests: a fresh profile for each, and a watch on what a page must not do.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

// ./dev test says where playwright-core and the browser are.
const modules = process.env.HEADRACE_BROWSER_MODULES ?? path.join(ROOT, 'tests/browser');
const { chromium } = createRequire(path.join(modules, 'package.json'))('playwright-core');
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const IMAGE_BYTES_MAX = 200_000;

function options({ phone = false, dark = false, calm = false, script = true, viewport, headers, login } = {}) {
  return {
    executablePath: EXECUTABLE,
    headless: true,
    args: FLAGS,
    viewport: viewport ?? (phone ? PHONE : DESKTOP),
    hasTouch: phone,
    isMobile: phone,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: calm ? 'reduce' : 'no-preference',
    javaScriptEnabled: script,
    extraHTTPHeaders: headers,
    httpCredentials: login,
  };
}

// Notes what a page of ours never does: errors, and requests to anywhere but the host it came from.
function watch(page, problems) {
  const home = () => (page.url().startsWith('http') ? new URL(page.url()).host : null);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      problems.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && !request.isNavigationRequest() && url.host !== home()) {
      problems.push(`request to ${url.host}: ${request.url()}`);
    }
  });
}

// Runs body(page, problems) in a browser of its own, and expects no problems at the end. `what`: phone, dark,
// calm (prefers-reduced-motion), script (false: no JavaScript), viewport, headers, login ({username, password}). A body
// that provokes a problem takes it out of the list.
export async function withPage(what, body) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'headrace-browser-'));
  const context = await chromium.launchPersistentContext(profile, options(what));
  try {
    const page = context.pages()[0] ?? await context.newPage();
    const problems = [];
    page.setDefaultTimeout(30_000);
    watch(page, problems);
    await body(page, problems);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

// Takes build/images/NAME.png, small enough for the documentation; HEADRACE_IMAGES=docs/images puts it there.
export async function takeImage(page, name, more = {}) {
  const folder = path.resolve(ROOT, process.env.HEADRACE_IMAGES ?? 'build/images');
  const file = path.join(folder, `${name}.png`);
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: file, ...more });
  const { size } = fs.statSync(file);
  assert.ok(size < IMAGE_BYTES_MAX, `${file} has ${size} bytes`);
  return file;
}

// What stands out to the side of the page, as a phone would show it by scrolling sideways.
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
