// Servers of tests: headrace as a process, stopped by its own pid, and free ports.
// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';

import { ROOT } from './browser.js';

export const BINARY = path.resolve(ROOT, process.env.HEADRACE ?? 'build/release/headrace');

// A free port below those that the kernel gives to clients: a browser that keeps calling a server that was stopped must
// not be given that very port as its own.
export async function freePort() {
  for (;;) {
    const port = 15000 + Math.floor(Math.random() * 17000);
    const free = await new Promise((resolve) => {
      const server = net.createServer();
      server.on('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

// Waits until check() gives something, and returns it; fails after limit_ms with what() as the reason.
export async function waitUntil(check, what, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await check();
    if (found) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`after ${limitMs} ms: ${typeof what === 'function' ? what() : what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// headrace with arguments, started in the root of the tree. Its log and output are in `text`.
export class Headrace {
  constructor(...args) {
    this.text = '';
    this.ended = null;
    this.child = spawn(BINARY, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    this.exit = new Promise((resolve) => {
      this.child.on('error', (error) => { this.text += error.message; resolve(this.ended = -1); });
      this.child.on('close', (code, signal) => resolve(this.ended = code ?? signal));
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (bytes) => { this.text += bytes; });
    }
  }

  // Waits for a line that matches; returns the match.
  waitLine(pattern, limitMs = 30_000) {
    return waitUntil(() => {
      const match = this.text.match(pattern);
      if (match === null && this.ended !== null) {
        throw new Error(`headrace ended with ${this.ended} without ${pattern}:\n${this.text}`);
      }
      return match;
    }, () => `no line like ${pattern} in\n${this.text}`, limitMs);
  }

  // Asks it to end (or kills it) and waits; returns its exit code, or the signal that ended it.
  async stop(signal = 'SIGTERM') {
    if (this.ended === null) {
      this.child.kill(signal);
    }
    const late = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const code = await this.exit;
    clearTimeout(late);
    return code;
  }
}
