// The passenger's page in a real browser, on the real pipeline: headrace with its embedded broker runs the flight
// topology and the web topology. What the pipeline does not do at will (each class, no answer, an outage) is played by
// answering the page's requests here.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { overflow, takeImage, withPage } from './browser.js';
import { Headrace, waitUntil } from './processes.js';

const FOLDER = 'topologies/flight_delay';
const ROUTE = '/flights/delays/predict/classify_realtime';
const CLASSES = [
  ['It lands more than 15 minutes early.', 'More than 15 minutes early', '15+ early'],
  ['It lands early, by up to 15 minutes.', 'Up to 15 minutes early', '0–15 early'],
  ['It lands on time, or less than 30 minutes late.', 'Less than 30 minutes late', '0–30 late'],
  ['It lands 30 minutes late or more.', '30 minutes late or more', '30+ late'],
];
const FLIGHT = { Origin: 'JFK', Dest: 'SFO', Carrier: 'DL', FlightNum: '1547', FlightDate: '2013-11-04', DepDelay: '14' };

let folder, headrace, url;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'headrace-page-'));
  const config = path.join(folder, 'config.yaml');
  fs.writeFileSync(config, JSON.stringify({
    connections: {
      kafka: { type: 'kafka', embedded: true },
      mongo: { type: 'mongo', uri: 'mongodb://127.0.0.1:9' },
      web: { type: 'http', listen: '127.0.0.1:0' },
    },
  }));
  // The pipeline without its sink to MongoDB, and the web topology.
  headrace = new Headrace('run', `${FOLDER}/topology.yaml`, `${FOLDER}/web.yaml`, '--config', config,
    '--sinks', 'kafka_response');
  const [, site] = await headrace.waitLine(/http on http:\/\/(\S+?)\/ of=web/);
  url = `http://${site}/flights/delays/predict_kafka`;
  await waitUntil(async () => {
    assert.equal(headrace.ended, null, headrace.text);
    return (await fetch(url)).ok;
  }, () => headrace.text);
  await answerOf(new URLSearchParams(FLIGHT)); // from now on the pipeline reads
});

after(async () => {
  const code = await headrace?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(code, 0, headrace?.text);
});

// Asks without the page, and waits until the service knows the answer.
async function answerOf(flight) {
  const service = new URL(url).origin + ROUTE;
  const { id } = await waitUntil(async () => {
    const response = await fetch(service, { method: 'POST', body: flight });
    return response.ok && response.json();
  }, 'no question is taken');
  await waitUntil(async () => (await (await fetch(`${service}/response/${id}`)).json()).prediction, 'no answer');
}

// Opens the page with a flight filled in, by URL, and runs body.
function withForm(what, flight, body) {
  return withPage(what, async (page, problems) => {
    await page.goto(`${url}?${new URLSearchParams(flight)}`);
    await page.waitForSelector('#Origin[role=combobox]');
    await body(page, problems);
  });
}

const text = (page, selector) => page.locator(selector).innerText();
const state = (page, wanted) => page.waitForSelector(`#answer[data-state=${wanted}]`);
const focused = (page) => page.evaluate(() => document.activeElement.id);

// Milliseconds from the press of the button to the answer on the screen, measured in the page.
function timeAnswer(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const card = document.getElementById('answer');
    card.dataset.state = 'asked';
    const start = performance.now();
    new MutationObserver((_, observer) => {
      if (card.dataset.state === 'answered' || card.dataset.state === 'failed') {
        observer.disconnect();
        resolve(performance.now() - start);
      }
    }).observe(card, { attributes: true });
    document.getElementById('ask').click();
  }));
}

async function ask(page) {
  await timeAnswer(page);
  await state(page, 'answered');
}

// Answers the page's questions here, in place of the service. reply(question) gives {status, json}.
async function playService(page, { post, response }) {
  if (post) {
    await page.route(`**${ROUTE}`, (route) => route.fulfill(post(route.request())));
  }
  if (response) {
    await page.route(`**${ROUTE}/response/*`, (route) => route.fulfill(response(route.request())));
  }
}

const accepted = (id = 'id-1') => ({ json: { status: 'OK', id } });
const answered = (prediction) => ({ json: { status: 'OK', id: 'id-1', prediction: { UUID: 'id-1', ...prediction } } });

// The browser itself writes a line for each answer that is not 2xx; those that a test provokes are no problem.
function forgive(problems, pattern = /Failed to load resource/) {
  problems.splice(0, problems.length, ...problems.filter((one) => !pattern.test(one)));
}

test('a passenger types a flight, asks, and reads the answer within a second', async (t) => {
  await withPage({}, async (page) => {
    await page.goto(url);
    await page.waitForSelector('#Origin[role=combobox]');
    await takeImage(page, 'page');
    await page.click('#Origin');
    await page.keyboard.type('kennedy');
    await page.click('#Origin-list [role=option]:has-text("JFK")');
    await page.click('#Dest');
    await page.keyboard.type('san fr');
    await page.click('#Dest-list [role=option]:has-text("SFO")');
    assert.match(await text(page, '#Dest-says'), /San Francisco, CA/);
    assert.equal(await text(page, '#miles'), '2,586 mi');
    await page.click('#Carrier');
    await page.keyboard.type('delta');
    await page.keyboard.press('Enter');
    await page.fill('#FlightNum', '1547');
    await page.fill('#FlightDate', '2013-11-04');
    await page.fill('#DepDelay', '14');
    assert.equal(await text(page, '#DepDelay-says'), 'It left 14 minutes late');
    const first = await timeAnswer(page);

    const headline = await text(page, '#headline');
    assert.ok(CLASSES.some(([words]) => words === headline), headline);
    assert.match(await text(page, '#detail'), /DL 1547, New York to San Francisco, .*4 Nov 2013, left 14 minutes late/);
    assert.match(await text(page, '#took'), /Answered in \d+ ms/);
    const shares = (await page.locator('.share').allInnerTexts()).map((one) => Number(one.replace(/[^\d]/g, '')));
    assert.ok(Math.abs(shares.reduce((sum, one) => sum + one, 0) - 100) <= 2, shares.join());
    assert.equal(await page.locator('.rung.chosen').count(), 1);
    assert.equal(await focused(page), 'headline');

    const times = [first];
    for (let i = 0; i < 30; i++) {
      await page.fill('#DepDelay', String(i * 3 - 20));
      times.push(await timeAnswer(page));
    }
    times.sort((a, b) => a - b);
    t.diagnostic(`ask to answer: first ${first.toFixed(0)} ms; of 31: p50 ${times[15].toFixed(0)} ms, `
      + `p95 ${times[29].toFixed(0)} ms, max ${times[30].toFixed(0)} ms`);
    assert.ok(times[29] < 1000, `the second slowest of 31 took ${times[29]} ms`); // one may meet a pause of the machine
  });
});

test('the answer stands as on the picture of the documentation', async () => {
  await withForm({ calm: true, viewport: { width: 1280, height: 1010 } }, FLIGHT, async (page) => {
    for (const minutes of ['75', '14']) {
      await page.fill('#DepDelay', minutes);
      await ask(page);
    }
    await page.mouse.move(2, 2);
    await takeImage(page, 'page-answer');
  });
});

test('each of the four classes is said in words, with its bar lit', async () => {
  await withForm({}, FLIGHT, async (page) => {
    let label = 0;
    const shares = (chosen) => CLASSES.map((_, index) => (index === chosen ? 0.7 : 0.1));
    await playService(page, { post: () => accepted(),
      response: () => answered({ Prediction: label, Probability: shares(label) }) });
    for (label = 0; label < 4; label++) {
      await page.fill('#DepDelay', String(label));
      await ask(page);
      const [headline, row, short] = CLASSES[label];
      await page.waitForFunction((words) => document.getElementById('headline').textContent === words, headline);
      assert.equal(await text(page, '.rung.chosen .rung-name'), row);
      assert.equal(await text(page, '.rung.chosen .share'), '70 %');
      assert.equal(await page.locator('.rung[aria-current=true]').count(), 1);
      assert.equal(await text(page, '#history-list li:first-child .chip'), short);
    }
  });
});

test('an answer without probabilities shows its class alone', async () => {
  await withForm({}, FLIGHT, async (page) => {
    await playService(page, { post: () => accepted(), response: () => answered({ Prediction: 3 }) });
    await ask(page);
    assert.equal(await text(page, '#headline'), CLASSES[3][0]);
    assert.equal((await page.locator('.share').allInnerTexts()).join(''), '');
  });
});

test('an origin or an airline that the model never met comes with a caution', async () => {
  await withForm({}, FLIGHT, async (page) => {
    await ask(page);
    assert.equal(await page.locator('#caveat').isVisible(), false);
    await page.fill('#Origin', 'DEN');
    await ask(page);
    assert.match(await text(page, '#caveat'), /never met the airport DEN:/);
    await page.fill('#Carrier', 'ZZ');
    await ask(page);
    assert.match(await text(page, '#caveat'), /never met the airport DEN nor the airline ZZ:/);
  });
});

test('a pair without a distance is refused next to the field', async () => {
  await withForm({}, { ...FLIGHT, Dest: 'ZZZ' }, async (page, problems) => {
    const [response] = await Promise.all([page.waitForResponse(`**${ROUTE}`), page.click('#ask')]);
    assert.ok(response.status() >= 400 && response.status() < 500, String(response.status()));
    await page.waitForFunction(() => document.getElementById('Dest-error').textContent !== '');
    assert.match(await text(page, '#Dest-error'), /No distance is known from JFK to ZZZ/);
    assert.equal(await page.getAttribute('#Dest', 'aria-invalid'), 'true');
    assert.equal(await focused(page), 'Dest');
    await page.fill('#Dest', 'SFO');
    assert.equal(await text(page, '#Dest-error'), '');
    forgive(problems);
  });
});

test('an origin limits the destinations, unless every airport is asked for', async () => {
  await withForm({}, { ...FLIGHT, Dest: '' }, async (page, problems) => {
    await page.click('#Dest');
    const known = await page.locator('#Dest-list [role=option]').count();
    assert.ok(known > 50 && known < 100, String(known));
    await page.keyboard.press('Escape');
    await page.check('#any');
    await page.click('#Dest');
    assert.equal(await page.locator('#Dest-list [role=option]').count(), 309);
    await page.click('#Dest-list [role=option]:has-text("ABE")');
    await page.click('#ask');
    await page.waitForFunction(() => document.getElementById('Dest-error').textContent !== '');
    assert.match(await text(page, '#Dest-error'), /from JFK to ABE/);
    await page.click('#swap');
    assert.equal(await page.inputValue('#Origin'), 'ABE');
    assert.equal(await page.inputValue('#Dest'), 'JFK');
    forgive(problems);
  });
});

test('what is missing is said next to each field, before anything is sent', async () => {
  await withPage({}, async (page) => {
    await page.goto(url);
    await page.waitForSelector('#Origin[role=combobox]');
    page.on('request', (request) => assert.notEqual(request.method(), 'POST'));
    await page.fill('#FlightDate', '');
    await page.fill('#DepDelay', '');
    await page.click('#ask');
    for (const name of ['Origin', 'Dest', 'Carrier', 'FlightDate', 'DepDelay']) {
      assert.notEqual(await text(page, `#${name}-error`), '', name);
      assert.match(await page.getAttribute(`#${name}`, 'aria-describedby'), new RegExp(`${name}-error`));
    }
    assert.equal(await focused(page), 'Origin');
  });
});

// What the page would not send by itself is put into its request on the way.
for (const [what, change, field, words] of [
  ['a field that is missing', { Carrier: undefined }, 'Carrier', /Carrier.*missing/],
  ['a field that is empty', { Carrier: '' }, 'Carrier', /Carrier.*missing/],
  ['a day that is none', { FlightDate: '2013-02-30' }, 'FlightDate', /no such day/],
  ['a date that is none', { FlightDate: 'tomorrow' }, 'FlightDate', /no such day/],
  ['a delay that is no number', { DepDelay: 'soon' }, 'DepDelay', /DepDelay/],
]) {
  test(`the service refuses ${what}, and the page says so next to the field`, async () => {
    await withForm({}, FLIGHT, async (page, problems) => {
      await page.route(`**${ROUTE}`, (route) => {
        const body = new URLSearchParams(route.request().postData());
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) body.delete(name);
          else body.set(name, value);
        }
        route.continue({ postData: body.toString() });
      });
      const [response] = await Promise.all([page.waitForResponse(`**${ROUTE}`), page.click('#ask')]);
      assert.ok(response.status() >= 400 && response.status() < 500, String(response.status()));
      await page.waitForFunction((id) => document.getElementById(id).textContent !== '', `${field}-error`);
      assert.match(await text(page, `#${field}-error`), words);
      assert.equal(await focused(page), field);
      forgive(problems);
    });
  });
}

test('words of the service are text, never markup', async () => {
  const evil = '<img src=x onerror="document.title=1">';
  await withForm({}, FLIGHT, async (page, problems) => {
    await playService(page, { post: () => ({ status: 400, json: { status: 'ERROR', code: 'bad', message: evil } }) });
    await page.click('#ask');
    await state(page, 'failed');
    assert.equal(await text(page, '#detail'), `${evil}.`);
    assert.equal(await page.locator('#answer img').count(), 0);
    forgive(problems);
  });
});

test('while it waits the page says so, and can be told to stop', async () => {
  await withForm({}, FLIGHT, async (page) => {
    await playService(page, { post: () => accepted(), response: () => ({ json: { status: 'WAIT', id: 'id-1' } }) });
    await page.click('#ask');
    await state(page, 'waiting');
    assert.match(await text(page, '#live'), /Waiting/);
    await page.click('#actions button:has-text("Cancel")');
    await state(page, 'idle');
    assert.match(await text(page, '#live'), /Cancelled/);
    assert.equal(await focused(page), 'ask');
  });
});

test('after 60 seconds without an answer it says what can be done, and goes on waiting when told', async () => {
  await withPage({}, async (page) => {
    let open = false;
    const asked = [];
    await page.clock.install();
    await page.goto(`${url}?${new URLSearchParams(FLIGHT)}`);
    await page.waitForSelector('#Origin[role=combobox]');
    await playService(page, {
      post: (request) => { asked.push(request.postData()); return accepted(); },
      response: () => (open ? answered({ Prediction: 1 }) : { json: { status: 'WAIT', id: 'id-1' } }),
    });
    await page.click('#ask');
    await page.clock.runFor(500); // the page shows that it waits
    await state(page, 'waiting');
    await page.clock.runFor(4500);
    assert.match(await text(page, '#took'), /^Waiting for ([4-9]|[1-4]\d) seconds, at most for 60\.$/);
    for (let second = 5; second < 70 && await page.getAttribute('#answer', 'data-state') !== 'failed'; second++) {
      await page.clock.runFor(1000);
    }
    await state(page, 'failed');
    assert.match(await text(page, '#headline'), /nobody has answered/);
    assert.deepEqual(await page.locator('#actions button').allInnerTexts(), ['Go on waiting', 'Ask anew']);
    open = true;
    await page.click('#actions button:has-text("Go on waiting")');
    await page.clock.runFor(1000);
    await state(page, 'answered');
    assert.equal(asked.length, 1, 'going on asked again');
  });
});

test('a service that takes no questions is said to be so, and is tried again', async () => {
  await withForm({}, FLIGHT, async (page, problems) => {
    let away = true;
    await page.route(`**${ROUTE}`, (route) => (away
      ? route.fulfill({ status: 503, json: { status: 'ERROR', code: 'timeout', message: 'not acknowledged within 5000 ms' } })
      : route.continue()));
    await page.click('#ask');
    await state(page, 'failed');
    assert.match(await text(page, '#headline'), /takes no questions/);
    assert.match(await text(page, '#detail'), /Not acknowledged within 5000 ms\./);
    assert.equal(await focused(page), 'headline');
    away = false;
    await page.click('#actions button:has-text("Try again")');
    await state(page, 'answered');
    forgive(problems);
  });
});

test('a service that is not there is said to be out of reach', async () => {
  await withForm({}, FLIGHT, async (page, problems) => {
    await page.route(`**${ROUTE}`, (route) => route.abort('connectionrefused'));
    await page.click('#ask');
    await state(page, 'failed');
    assert.match(await text(page, '#headline'), /cannot be reached/);
    forgive(problems);
  });
});

test('the keyboard is enough', async () => {
  await withPage({}, async (page) => {
    await page.goto(url);
    await page.waitForSelector('#Origin[role=combobox]');
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    const go = async (id) => {
      for (let i = 0; i < 12 && await focused(page) !== id; i++) await press('Tab');
      assert.equal(await focused(page), id);
    };
    await go('Origin');
    await press('ArrowDown', 'ArrowDown', 'ArrowDown');
    assert.match(await page.getAttribute('#Origin', 'aria-activedescendant'), /Origin-list-1/);
    assert.equal(await page.getAttribute('#Origin', 'aria-expanded'), 'true');
    await press('Enter');
    assert.equal(await page.inputValue('#Origin'), 'JFK');
    await go('Dest');
    await page.keyboard.type('los an');
    await press('Tab');
    assert.equal(await page.inputValue('#Dest'), 'LAX');
    await go('Carrier');
    await page.keyboard.type('jetb');
    await press('Escape');
    assert.equal(await page.getAttribute('#Carrier', 'aria-expanded'), 'false');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('B6');
    await go('FlightDate');
    await page.keyboard.type('11042013');
    await go('DepDelay');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('40');
    await press('Enter');
    await state(page, 'answered');
    assert.equal(await focused(page), 'headline');
    assert.match(await text(page, '#detail'), /B6, New York to Los Angeles, .*4 Nov 2013, left 40 minutes late/);
    for (let i = 0; i < 4 && await page.evaluate(() => document.activeElement.className) !== 'past'; i++) await press('Tab');
    await press('Enter');
    await state(page, 'answered');
  });
});

test('questions of the session are kept, asked again by a press, and forgotten', async () => {
  await withForm({}, FLIGHT, async (page) => {
    await ask(page);
    await page.fill('#DepDelay', '90');
    await ask(page);
    assert.equal(await page.locator('.past').count(), 2);
    await page.reload();
    await page.waitForSelector('.past');
    await page.click('.past:has-text("left 90 minutes late")');
    await state(page, 'answered');
    assert.equal(await page.inputValue('#DepDelay'), '90');
    assert.equal(await page.locator('.past').count(), 2, 'the same question is listed once');
    await page.click('#forget');
    assert.equal(await page.locator('#history').isVisible(), false);
    await page.reload();
    assert.equal(await page.locator('.past').count(), 0);
  });
});

test('on a phone nothing stands out, and the answer comes into view', async () => {
  await withForm({ phone: true, calm: true }, FLIGHT, async (page) => {
    assert.equal(await overflow(page), 0);
    await page.tap('#Dest');
    const list = await page.locator('#Dest-list').boundingBox();
    assert.ok(list.x >= 0 && list.x + list.width <= 360, JSON.stringify(list));
    await page.keyboard.press('Escape');
    await page.tap('#ask');
    await state(page, 'answered');
    assert.equal(await overflow(page), 0);
    const headline = await page.locator('#headline').boundingBox();
    assert.ok(headline.y >= 0 && headline.y < 740, JSON.stringify(headline));
    for (const button of await page.locator('button:visible').all()) {
      const { height } = await button.boundingBox();
      assert.ok(height >= 32, `${await button.innerText()}: ${height}`);
    }
    await takeImage(page, 'page-phone', { fullPage: true });
  });
});

test('in the dark the page is dark', async () => {
  await withForm({ dark: true, calm: true, viewport: { width: 1280, height: 1010 } }, FLIGHT, async (page) => {
    await ask(page);
    const light = (selector, what) => page.evaluate(([where, name]) => {
      const [r, g, b] = getComputedStyle(document.querySelector(where))[name].match(/[\d.]+/g).map(Number);
      return (r * 299 + g * 587 + b * 114) / 255000;
    }, [selector, what]);
    assert.ok(await light('body', 'backgroundColor') < 0.15);
    assert.ok(await light('.card', 'backgroundColor') < 0.2);
    assert.ok(await light('#headline', 'color') > 0.8);
    await page.mouse.move(2, 2);
    await takeImage(page, 'page-dark');
  });
});

test('without JavaScript the form asks, and the service answers with an id', async () => {
  await withPage({ script: false }, async (page, problems) => {
    await page.goto(url);
    for (const [name, value] of Object.entries(FLIGHT)) {
      await page.fill(`#${name}`, value);
    }
    await Promise.all([page.waitForURL(`**${ROUTE}`), page.click('#ask')]);
    const { status, id } = JSON.parse(await text(page, 'body'));
    assert.equal(status, 'OK');
    await waitUntil(async () => (await (await fetch(`${new URL(url).origin}${ROUTE}/response/${id}`)).json()).prediction,
      'no answer');
    forgive(problems, /404/); // the icon that a browser looks for beside JSON
  });
});

test('the page and its pictures forbid scripts and styles that are not its own', async () => {
  const seen = [];
  await withPage({}, async (page) => {
    page.on('response', (response) => seen.push(response));
    await page.goto(url, { waitUntil: 'networkidle' });
  });
  assert.ok(seen.length >= 10, String(seen.length));
  for (const response of seen) {
    assert.equal(response.status(), 200, response.url());
    const headers = response.headers();
    if (/html|svg/.test(headers['content-type'])) {
      assert.match(headers['content-security-policy'], /default-src 'none'/, response.url());
      assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
    }
    assert.equal(headers['x-content-type-options'], 'nosniff', response.url());
  }
});
