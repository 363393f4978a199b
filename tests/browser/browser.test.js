// The watch of withPage() sees what it is there for: without this, a test that finds no problems says nothing.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { overflow, withPage } from './browser.js';

function serve(html) {
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'Content-Type': 'text/html' });
    response.end(request.url === '/' ? `<!doctype html><link rel="icon" href="data:,">${html}` : '');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({
      url: `http://127.0.0.1:${server.address().port}/`,
      close: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
    }));
  });
}

async function shown(html, what = {}, look = async () => {}) {
  const server = await serve(html);
  let seen;
  try {
    await withPage(what, async (page, problems) => {
      await page.goto(server.url, { waitUntil: 'networkidle' });
      await look(page);
      seen = problems.splice(0);
    });
  } finally {
    await server.close();
  }
  return seen;
}

test('a page without faults has no problems', async () => {
  assert.deepEqual(await shown('<p>fine</p>'), []);
});

test('an error of a script is a problem', async () => {
  const seen = await shown('<script>throw new Error("broken")</script>');
  assert.match(seen.join('\n'), /broken/);
});

test('a request to another host is a problem', async () => {
  const seen = await shown('<img src="http://127.0.0.2:9/x.png">');
  assert.match(seen.join('\n'), /request to 127\.0\.0\.2:9/);
});

test('a phone is narrow, and shows what is too wide for it', async () => {
  await shown('<meta name="viewport" content="width=device-width"><div style="width:500px">x</div>', { phone: true },
    async (page) => assert.ok(await overflow(page) > 100));
});
