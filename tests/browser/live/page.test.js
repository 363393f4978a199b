// The live page in a browser, against the mock: what it shows, and what it does when things go wrong.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { overflow, withPage } from '../browser.js';
import { waitUntil } from '../processes.js';
import { Mock } from './mock.js';

let mock;
before(async () => { mock = await Mock.start(); });
after(() => mock.stop());

// The page of a fresh mock, once it has two readings.
async function live(what, body, mocked = {}) {
  await mock.set({ fresh: true, ...mocked });
  await withPage(what, async (page, problems) => {
    await page.goto(`${mock.url}/`);
    if (mocked.status === undefined && mocked.body === undefined) {
      await page.waitForFunction(() => document.querySelector('[data-figure="in"]')?.textContent === '50/s');
    }
    await body(page, problems);
  });
}

const node = (name) => `[data-node="${name}"]`;
const focused = (page) => page.evaluate(() => document.activeElement?.dataset?.node ?? document.activeElement?.id);

// Text of each cell of the row that a name begins.
function row(page, section, name) {
  return page.locator(`section.${section} tr`, { has: page.locator(`th:text-is("${name}")`) }).locator('th, td').allInnerTexts();
}

// Contrast of text to what is behind it, as WCAG counts it; 4.5 is enough for small text.
function contrast(page, selector) {
  return page.evaluate((css) => {
    const channels = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const element = document.querySelector(css);
    const style = getComputedStyle(element);
    const svg = element instanceof SVGElement;
    let behind = svg ? getComputedStyle(element.closest('g').querySelector('rect')).fill : null;
    for (let at = element; behind === null; at = at.parentElement) {
      const its = getComputedStyle(at).backgroundColor;
      behind = channels(its)[3] === 0 ? null : its;
    }
    const [a, b] = [luminance(channels(svg ? style.fill : style.color)), luminance(channels(behind))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }, selector);
}

test('all nodes of the topology are in the graph, with rates on its edges', () => live({}, async (page) => {
  const names = await page.locator('.node .title').allTextContents();
  assert.deepEqual(names, ['requests', 'distances', 'features', 'distance', 'classify', 'mongo_response', 'kafka_response', 'dead letters']);
  assert.deepEqual((await page.locator('.rate').allTextContents()).filter(Boolean), Array(5).fill('50/s'));
  assert.equal(await page.locator('.edge.rows').count(), 1);
  assert.equal(await page.locator('.edge.letters').count(), 2);
  await page.locator('#ready', { hasText: /^ready$/ }).waitFor();
}));

test('numbers move, and tables show what the process says', () => live({}, async (page) => {
  const before = await row(page, 'steps', 'features');
  await page.waitForFunction((was) => ![...document.querySelectorAll('.steps td')].some((td) => td.textContent === was), before[4]);
  assert.deepEqual((await row(page, 'steps', 'distance')).filter((_, i) => i !== 4), ['distance', 'enrich step', '50/s', '50/s', '0', '3', '220 ns']);
  assert.deepEqual(await row(page, 'latency', 'Last 10 s'), ['Last 10 s', '1.4 ms', '2 ms', '4.4 ms', '8.1 ms', '8.1 ms']);
  assert.match((await page.locator('.letters tbody tr').first().innerText()).replace(/\s+/g, ' '),
    /flight_delay_classification_request\[1\]@14049 requests decode field DepDelay/);
  assert.equal(await page.locator('.partitions tbody tr').count(), 3);
  assert.equal(await page.locator('.memory [role=meter]').first().getAttribute('aria-valuetext'), '116 KiB of 64 MiB');
  assert.equal(await page.locator('.counters tr', { hasText: 'rebalances' }).locator('td').innerText(), '1');
}));

test('trouble of a node is said at the top and the node is marked', () => live({}, async (page) => {
  await mock.set({ trouble: { mongo_response: 'no server answers at 127.0.0.1:27017' }, failing: { classify: 4 } });
  await page.locator('.troubles li', { hasText: 'mongo_response: no server answers' }).waitFor();
  await page.locator(`${node('sink/mongo_response')}.bad`).waitFor();
  await page.locator('[data-figure=failed].error', { hasText: '4/s' }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.edge.letters').length === 3);
}));

test('a process that is not ready says why', () => live({}, async (page) => {
  await mock.set({ waiting: ['table distances', 'sink mongo_response: no server answers'] });
  await page.locator('#ready', { hasText: 'not ready: table distances, sink mongo_response' }).waitFor();
  await page.locator('.state', { hasText: 'starting, not ready: table distances, sink mongo_response' }).waitFor();
}));

test('lag is summed over the partitions of a source', () => live({}, async (page) => {
  await mock.set({ lag: 1000 });
  await page.locator(`${node('source/requests')} .figure`, { hasText: 'lag 3,002' }).waitFor();
  await page.locator('[data-figure=lag]', { hasText: '3,002' }).waitFor();
}));

test('a click opens a node, and samples show what a step changed', () => live({}, async (page) => {
  await page.click(node('step/features'));
  await page.locator('.panel h3', { hasText: 'features' }).waitFor();
  assert.match(await page.locator('.panel .facts').innerText(), /In\s+42,\d{3}\s+\(50\/s\)/);
  await page.click('.panel >> text=Sample records');
  const first = page.locator('.samples article').first();
  await first.waitFor();
  assert.deepEqual(await first.locator('tr.added th').allInnerTexts(), ['+Route', '+DayOfYear', '+DayOfMonth', '+DayOfWeek']);
  assert.match(await page.locator('.samples article').nth(1).innerText(), /failed: lookup-miss/);
  const third = page.locator('.samples article').nth(2);
  assert.deepEqual(await third.locator('tr.changed th, tr.removed th').allInnerTexts(), ['~Origin', '−FlightNum']);
  const seen = await mock.set({});
  assert.ok(seen.includes('/tap/features?limit=3&wait_ms=5000&topology=flight_delay'), seen.at(-1));
}));

test('what a record holds is text, not markup', () => live({}, async (page) => {
  await page.click(node('step/features'));
  await page.click('.panel >> text=Sample records');
  await page.locator('.samples', { hasText: '<img src=x onerror=alert(1)>' }).waitFor();
  assert.equal(await page.locator('.samples img').count(), 0);
}));

test('a table is not sampled; a sink shows its latency', () => live({}, async (page) => {
  const button = page.locator('.panel button', { hasText: 'Sample' });
  await page.click(node('table/distances'));
  await page.locator('.panel h3', { hasText: 'distances' }).waitFor();
  assert.equal(await button.isVisible(), false);
  await page.click(node('sink/kafka_response'));
  await page.locator('.panel h3', { hasText: 'kafka_response' }).waitFor();
  assert.equal(await button.isVisible(), true);
  assert.match(await page.locator('.panel .facts').innerText(), /Acknowledged after\s+p50 640 µs, p99 2.2 ms/);
}));

test('the keyboard is enough', () => live({}, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'source/requests');
  for (const id of ['step/features', 'step/distance', 'step/classify']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), id);
  }
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'node-title');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Sample records');
  await page.keyboard.press('Enter');
  await page.locator('.samples article').first().waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'step/classify');
  assert.equal(await page.locator('.panel').isVisible(), false);
}));

test('focus survives that the graph changes its shape, and is seen', () => live({}, async (page) => {
  await page.focus(node('step/classify'));
  await page.keyboard.press('ArrowLeft');
  await mock.set({ failing: { classify: 1 } });
  await page.waitForFunction(() => document.querySelectorAll('.edge.letters').length === 3);
  assert.equal(await focused(page), 'step/distance');
  assert.equal(await page.locator(`${node('step/distance')} rect`).evaluate((rect) => getComputedStyle(rect).strokeWidth), '3px');
}));

test('nodes have names for a screen reader', () => live({}, async (page) => {
  const button = page.getByRole('button', { name: 'distance, enrich step, 220 ns a record, 3 failed' });
  assert.equal(await button.count(), 1);
  assert.match(await page.locator('.graph svg').getAttribute('aria-label'), /Graph of flight_delay: 8 nodes/);
}));

test('several topologies are tabs, moved between by arrow keys', () => live({}, async (page) => {
  await page.getByRole('tab', { name: 'flight_delay', exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'tab-flight_delay_replay');
  await page.locator('h2:visible', { hasText: 'flight_delay_replay' }).waitFor();
  assert.deepEqual(await page.locator('.node:visible .title').allTextContents(), ['flights', 'requests']);
  await page.reload();
  await page.locator('h2:visible', { hasText: 'flight_delay_replay' }).waitFor();
}, { topologies: 2 }));

test('a process that answers errors is away, with its message, until it answers again', () => live({}, async (page, problems) => {
  await mock.set({ status: 500 });
  await page.locator('#away', { hasText: 'The process does not answer: the mock is told to fail.' }).waitFor();
  await page.locator('#away', { hasText: 'What you see is of' }).waitFor();
  await page.locator('#away', { hasText: 'Next try in 4 s.' }).waitFor(); // after 1 s and 2 s
  await mock.set({ status: 200 });
  await page.locator('#ready', { hasText: /^ready$/ }).waitFor();
  assert.equal(await page.locator('#away').innerText(), '');
  problems.splice(0); // the browser notes each answer of 500
}));

test('something else at the port is not taken for headrace', () => live({}, async (page) => {
  await page.locator('#away', { hasText: 'what answers there is not headrace' }).waitFor();
}, { body: '{"hello": 1}' }));

test('numbers of the wrong kind leave the page whole', () => live({}, async (page) => {
  await page.locator('.node .title', { hasText: 'odd' }).waitFor();
}, { body: JSON.stringify({ topologies: [{ name: 'x', nodes: [{ name: 'odd', kind: 'step', in: 'many', from: 3, latency_us: [] }], partitions: [7], memory: [{}] }] }) }));

test('nobody is asked while the page is hidden', () => live({}, async (page) => {
  const hide = (hidden) => page.evaluate((its) => {
    Object.defineProperty(document, 'hidden', { value: its, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  const polls = async () => (await mock.set({})).filter((path) => path === '/topology').length;
  const open = new Set();
  page.on('request', (request) => open.add(request));
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  await page.waitForResponse('**/topology'); // the next one is a second away
  await hide(true);
  await page.waitForTimeout(300); // an answer may be under way all the same
  await waitUntil(() => open.size === 0, 'a question is not answered');
  const before = await polls();
  await page.waitForTimeout(2500);
  assert.equal(await polls(), before);
  await hide(false);
  await waitUntil(async () => await polls() > before, 'the page does not ask again');
}));

test('a process that has started again begins anew', () => live({}, async (page) => {
  await mock.set({ restart: true, rate: 20 });
  await page.locator('[data-figure=in]', { hasText: /^20\/s$/ }).waitFor();
  assert.match((await row(page, 'steps', 'features'))[4], /^\d\d\d?$/);
}));

test('a server that is stopped and started again is noticed and found', async () => {
  const own = await Mock.start();
  await withPage({}, async (page, problems) => {
    await page.goto(`${own.url}/`);
    await page.locator('#ready', { hasText: /^ready$/ }).waitFor();
    await own.stop();
    await page.locator('#away', { hasText: /^The process does not answer\. What you see/ }).waitFor();
    const again = await Mock.start(own.port);
    await page.locator('#ready', { hasText: /^ready$/ }).waitFor();
    await again.stop();
    problems.splice(0); // the browser notes each refused connection
  });
});

for (const what of [{ phone: true }, { phone: true, dark: true }, { viewport: { width: 800, height: 600 } }, {}]) {
  test(`nothing stands out at the side: ${JSON.stringify(what)}`, () => live(what, async (page) => {
    await page.locator(node('step/features')).click();
    await page.click('.panel >> text=Sample records');
    await page.locator('.samples article').first().waitFor();
    assert.equal(await overflow(page), 0);
    for (const box of await page.locator('.node rect').evaluateAll((all) => all.map((rect) => rect.getBoundingClientRect().right))) {
      assert.ok(box <= (what.viewport?.width ?? (what.phone ? 360 : 1280)), `a node ends at ${box}`);
    }
  }));
}

for (const dark of [false, true]) {
  test(`text can be read, ${dark ? 'dark' : 'light'}`, () => live({ dark }, async (page) => {
    await mock.set({ trouble: { mongo_response: 'broken' } });
    await page.locator('.troubles li').waitFor();
    for (const css of ['body', '.muted', '.letters .error', '.steps .error', '.troubles li', '.node .title', '.node .kind', '.node .failed',
      '#ready', '.figures dt', 'thead th']) {
      assert.ok(await contrast(page, css) >= 4.5, `${css}: ${await contrast(page, css)}`);
    }
  }));
}

test('who wants no motion gets none', () => live({ calm: true }, async (page) => {
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const style = getComputedStyle(element);
    return style.transitionDuration !== '0s' || style.animationName !== 'none';
  }).length);
  assert.equal(moving, 0);
}));
