// The passenger's page while its service has an outage: driven by tests/integration/test_web.py, which has the servers.
// usage: node outage.js URL; reads commands from standard input, one a line, and answers each with a line of JSON.
//   ask     press the button, wait for an answer or a failure
//   again   press "Try again", wait likewise
//   quit
// SPDX-License-Identifier: Apache-2.0
import readline from 'node:readline';

import { takeImage, withPage } from './browser.js';

// What the page shows after a press; ms: from the press to that, measured in the page.
async function press(page, selector) {
  return page.evaluate((button) => new Promise((resolve) => {
    const card = document.getElementById('answer');
    const text = (id) => document.getElementById(id).textContent;
    card.dataset.state = 'pressed';
    const start = performance.now();
    new MutationObserver((_, observer) => {
      const { state } = card.dataset;
      if (state !== 'answered' && state !== 'failed') return;
      observer.disconnect();
      const ms = performance.now() - start;
      setTimeout(() => resolve({ state, ms, headline: text('headline'), detail: text('detail'),
        buttons: [...document.querySelectorAll('#actions button')].map((one) => one.textContent) }));
    }).observe(card, { attributes: true });
    document.querySelector(button).click();
  }), selector);
}

const commands = {
  ask: (page) => press(page, '#ask'),
  again: (page) => press(page, '#actions .primary'),
};

await withPage({ calm: true }, async (page, problems) => {
  await page.goto(process.argv[2]);
  await page.waitForSelector('#Origin[role=combobox]');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === 'quit') break;
    const shown = await commands[line](page);
    if (shown.state === 'failed') await takeImage(page, 'page-outage');
    console.log(JSON.stringify(shown));
  }
  // The browser writes a line of its own for an answer that is not 2xx.
  const left = problems.filter((one) => !/Failed to load resource/.test(one));
  problems.splice(0, problems.length, ...left);
});
