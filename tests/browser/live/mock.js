// The mock of a process's own server (tests/support/live/mock.py) as a process of a test.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';

import { ROOT } from '../browser.js';

export class Mock {
  // A mock at a free port, or at the port of one that was stopped.
  static async start(port = 0) {
    const mock = new Mock();
    mock.child = spawn('python3', [path.join(ROOT, 'tests/support/live/mock.py'), String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    mock.url = await new Promise((resolve, reject) => {
      mock.child.on('error', reject);
      mock.child.stdout.once('data', (line) => resolve(String(line).trim()));
    });
    mock.port = Number(new URL(mock.url).port);
    return mock;
  }

  // Sets what it answers: {rate: 100, trouble: {...}}; returns the paths that were asked for.
  async set(what) {
    const response = await fetch(`${this.url}/mock`, { method: 'POST', body: JSON.stringify(what) });
    assert.equal(response.status, 200);
    return (await response.json()).seen;
  }

  stop() {
    this.child.stdin.end();
    return new Promise((resolve) => { this.child.on('close', resolve); });
  }
}
