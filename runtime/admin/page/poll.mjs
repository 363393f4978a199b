// Asks the process for its topology each second, waits longer and longer while it is away, and not at all while nobody
// looks.
// SPDX-License-Identifier: Apache-2.0
const INTERVAL_MS = 1000;
const WAITS_MS = [1000, 2000, 4000, 8000, 15000];
const ANSWER_MS = 5000;

// Asks the process; JSON, or an error whose message can be shown. more_ms: how long it may take beyond the usual.
export async function ask(path, moreMs = 0) {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS + moreMs) });
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    throw new Error(typeof body?.message === 'string' ? body.message : `it answers ${response.status}`);
  }
  return body;
}

export class Poller {
  // onReading(snapshot); onAway({error, waitMs}).
  constructor(path, onReading, onAway) {
    Object.assign(this, { path, onReading, onAway, failures: 0, timer: null, asking: false });
    document.addEventListener('visibilitychange', () => this.now());
  }

  // Asks at once, if anybody looks.
  now() {
    clearTimeout(this.timer);
    if (!document.hidden && !this.asking) {
      this.round();
    }
  }

  async round() {
    const begin = performance.now();
    this.asking = true;
    let wait;
    try {
      const snapshot = await ask(this.path);
      this.failures = 0;
      this.onReading(snapshot);
      wait = Math.max(0, INTERVAL_MS - (performance.now() - begin));
    } catch (error) {
      wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
      this.failures += 1;
      this.onAway({ error, waitMs: wait });
    }
    this.asking = false;
    if (!document.hidden) {
      this.timer = setTimeout(() => this.now(), wait);
    }
  }
}
