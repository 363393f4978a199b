// The live page of a real process: the flight topology on the embedded broker, fed by its replay.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { overflow, takeImage, withPage } from '../browser.js';
import { freePort, Headrace, waitUntil } from '../processes.js';

const FLIGHTS = 'topologies/flight_delay';
const SECONDS_BEFORE_AN_IMAGE = process.env.HEADRACE_IMAGES === undefined ? 0 : 25; // so that its lines show something

// A flight between airports that the distances do not have, and one that is not JSON.
const BAD = [JSON.stringify({
  UUID: 'bad-1', Origin: 'JFK', Dest: 'ZZZ', Carrier: 'AA', FlightDate: '2013-12-24', DepDelay: 5.0, Note: '<b>bold</b>',
}), '{"UUID": "bad-2", '];

const FEED = `version: 1
topology: feed
description: Sends lines as they are.
guarantee: at-least-once
sources:
  lines:
    file: bad.jsonl
    format: raw
sinks:
  requests:
    from: lines
    kafka: {connection: kafka, topic: flight_delay_classification_request}
    format: raw
`;

let folder;
let live;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'headrace-live-'));
  fs.writeFileSync(path.join(folder, 'bad.jsonl'), `${BAD.join('\n')}\n`);
  fs.writeFileSync(path.join(folder, 'feed.yaml'), FEED);
  live = await start(`127.0.0.1:${await freePort()}`); // it must find its port free again
});
after(async () => {
  await live.process.stop();
  fs.rmSync(folder, { recursive: true });
});

// The process, its address and its broker's.
async function start(listen = '127.0.0.1:0', ...more) {
  const its = new Headrace('run', `${FLIGHTS}/topology.yaml`, `${FLIGHTS}/replay.yaml`, '--config', 'config/embedded.yaml',
    '--sinks', 'kafka_response,requests', '--set', `http.listen=${listen}`, ...more);
  const [, broker] = await its.waitLine(/embedded broker listens .*bootstrap=(\S+)/);
  const [, url] = await its.waitLine(/http on (http:\S+) of=headrace/);
  return { process: its, url, broker, address: new URL(url).host };
}

async function sendBadRecords() {
  const feed = new Headrace('run', path.join(folder, 'feed.yaml'), '--config', 'config/local.yaml', '--until-end',
    '--set', `connections.kafka.bootstrap=${live.broker}`, '--set', 'http.listen=127.0.0.1:0');
  assert.equal(await feed.exit, 0, feed.text);
}

const figure = (page, name) => page.locator(`.topology:visible [data-figure=${name}]`);

async function ready(page) {
  await page.goto(live.url);
  await page.waitForFunction(() => /^[1-9]\d(\.\d)?\/s$/.test(document.querySelector('[data-figure="in"]')?.textContent));
}

test('the graph of the flight topology has all its nodes, and its numbers move', () => withPage({}, async (page) => {
  await ready(page);
  assert.deepEqual(await page.locator('.topology:visible .node .title').allTextContents(),
    ['requests', 'distances', 'features', 'distance', 'classify', 'mongo_response', 'kafka_response', 'dead letters']);
  assert.deepEqual(await page.getByRole('tab').allTextContents(), ['flight_delay', 'flight_delay_replay']);
  const written = page.locator('[data-node="sink/kafka_response"] .figure');
  const before = await written.textContent();
  await waitUntil(async () => await written.textContent() !== before, 'kafka_response stands still');
  assert.equal(await page.locator('[data-node="sink/mongo_response"] .figure').textContent(), 'left out of this run');
  assert.match(await page.locator('[data-node="table/distances"] .figure').textContent(), /^5,\d{3} rows$/);
  assert.match(await figure(page, 'p99').innerText(), /^[\d.]+ (µs|ms|s)$/);
  await page.locator('#ready', { hasText: /^ready$/ }).waitFor({ timeout: 30_000 });
}));

test('records that fail are shown as dead letters, with the reason', () => withPage({}, async (page) => {
  await ready(page);
  await sendBadRecords();
  const letters = page.locator('section.letters:visible tbody tr');
  await letters.filter({ hasText: 'distance' }).filter({ hasText: 'lookup-miss' }).first().waitFor();
  await letters.filter({ hasText: 'requests' }).first().waitFor();
  await page.locator('[data-node="step/distance"].bad .failed', { hasText: /\d+ failed/ }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.edge.letters').length === 2);
}));

test('samples of a step show what it made of a record', () => withPage({}, async (page) => {
  await ready(page);
  await page.click('[data-node="step/features"]');
  await page.click('.panel:visible >> text=Sample records');
  const first = page.locator('.samples article').first();
  await first.waitFor();
  assert.deepEqual(await first.locator('tr.added th').allInnerTexts(), ['+Route']);
  assert.match(await first.locator('tr.added td').last().innerText(), /^"[A-Z]{3}-[A-Z]{3}"/);
  assert.match(await first.locator('h4').innerText(), /^flight_delay_classification_request\[\d+\]@\d+ emitted$/);
}));

test('samples of a source and of a sink show the record', () => withPage({}, async (page) => {
  await ready(page);
  for (const id of ['source/requests', 'sink/kafka_response']) {
    await page.click(`[data-node="${id}"]`);
    await page.click('.panel:visible >> text=Sample records');
    await page.locator('.samples article', { hasText: 'UUID' }).first().waitFor();
  }
}));

test('the keyboard leads from the sources to a sink of a real graph', () => withPage({}, async (page) => {
  await ready(page);
  await page.focus('[data-node="source/requests"]');
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('ArrowRight');
  }
  await page.keyboard.press('Enter');
  await page.locator('.panel:visible h3', { hasText: /_response$/ }).waitFor();
  await page.keyboard.press('Escape');
  assert.match(await page.evaluate(() => document.activeElement.dataset.node), /^sink\//);
}));

test('a process that ends and starts again is noticed and found', () => withPage({}, async (page, problems) => {
  await ready(page);
  const { address } = live;
  assert.equal(await live.process.stop(), 0);
  await page.locator('#away', { hasText: /^The process does not answer/ }).waitFor();
  live = await start(address);
  assert.equal(live.address, address);
  await page.locator('#away:empty').waitFor({ state: 'attached', timeout: 30_000 });
  await page.waitForFunction(() => /^[1-9]\d(\.\d)?\/s$/.test(document.querySelector('[data-figure="in"]')?.textContent));
  problems.splice(0); // the browser notes each refused connection
}));

test('a server with a token lets the browser ask for it, and no one in without', async () => {
  const file = path.join(folder, 'token');
  const token = '0123456789abcdef0123456789abcdef';
  fs.writeFileSync(file, token, { mode: 0o600 });
  const its = await start(undefined, '--set', `http.token=\${file:${file}}`);
  try {
    assert.equal((await fetch(its.url)).status, 401);
    await withPage({ login: { username: 'any', password: token } }, async (page, problems) => {
      await page.goto(its.url);
      await page.locator('#ready', { hasText: /^ready$/ }).waitFor({ timeout: 30_000 });
      assert.deepEqual(problems.splice(0).filter((problem) => !problem.includes('401')), []); // before the login
    });
  } finally {
    await its.process.stop();
  }
});

// The screen as the documentation shows it: with a node open, and dead letters.
const SCREEN = { width: 1200, height: 1000 };
for (const [name, what] of Object.entries({
  live: { viewport: SCREEN }, 'live-dark': { viewport: SCREEN, dark: true }, 'live-phone': { phone: true },
})) {
  test(`a picture: ${name}`, () => withPage(what, async (page) => {
    await ready(page);
    if (await page.locator('section.letters:visible').count() === 0) {
      await sendBadRecords();
      await page.locator('section.letters:visible').waitFor();
    }
    await page.waitForTimeout(1000 * SECONDS_BEFORE_AN_IMAGE);
    if (name === 'live-dark') {
      await page.click('[data-node="step/features"]');
      await page.click('.panel:visible >> text=Sample records');
      await page.locator('.samples article').first().waitFor();
    }
    assert.equal(await overflow(page), 0);
    if (what.phone) {
      await page.setViewportSize({ width: 360, height: 1100 });
    }
    await page.evaluate(() => window.scrollTo(0, 0));
    await takeImage(page, name);
  }));
}
