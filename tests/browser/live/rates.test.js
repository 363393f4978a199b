// Rates and words, without a browser.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { age, bytes, count, microseconds, milliseconds, nanoseconds, perSecond } from '../../../runtime/admin/page/format.mjs';
import { edgeRate, Rates } from '../../../runtime/admin/page/rates.mjs';
import { checked, checkedSamples, compare } from '../../../runtime/admin/page/snapshot.mjs';
import { runs } from '../../../runtime/admin/page/sparkline.mjs';

function reading(n, more = {}) {
  return checked({
    topologies: [{
      name: 't',
      nodes: [{ name: 'a', kind: 'source', in: n, out: n, processing_ns: 1000 * n }, { name: 'b', kind: 'sink', from: ['a'], in: n }],
      ...more,
    }],
  }).topologies[0];
}

test('a rate is the difference of two readings by the time of the process', () => {
  const rates = new Rates();
  assert.equal(rates.update(reading(100), 1000, 1).in, null);
  assert.equal(rates.update(reading(400), 3000, 1).in, 150);
  assert.equal(rates.rates.nodes.get('source/a').in, 150);
  assert.equal(rates.rates.nodes.get('sink/b').in, 150);
});

test('a process that has started again has no rate until its second reading', () => {
  const rates = new Rates();
  rates.update(reading(5000), 1000, 1);
  assert.equal(rates.update(reading(10), 2000, 1900).in, null);
  assert.equal(rates.update(reading(20), 3000, 1900).in, 10);
});

test('the same reading again changes nothing, and neither does a clock that was set back', () => {
  const rates = new Rates();
  rates.update(reading(100), 1000, 1);
  rates.update(reading(200), 2000, 1);
  assert.equal(rates.update(reading(200), 2000, 1).in, 100);
  assert.equal(rates.update(reading(900), 1500, 1).in, 100);
});

test('a counter that shrinks has no rate', () => {
  const rates = new Rates();
  rates.update(reading(100), 1000, 1);
  assert.equal(rates.update(reading(50), 2000, 1).in, null);
});

test('the time of a record is that of lately, or since the start where none came', () => {
  const rates = new Rates();
  rates.update(reading(100), 1000, 1);
  const slower = reading(200);
  slower.nodes[0].processing_ns = 100_000 + 100 * 5000;
  assert.equal(rates.update(slower, 2000, 1).nodes.get('source/a').perRecordNs, 5000);
  assert.equal(rates.update(slower, 3000, 1).nodes.get('source/a').perRecordNs, 3000);
});

test('the series keeps two minutes, with gaps where nothing is known', () => {
  const rates = new Rates();
  for (let i = 0; i < 200; i++) {
    rates.update(reading(i * 10), 1000 * i, 1);
  }
  assert.equal(rates.series.in.length, 120);
  assert.ok(rates.series.in.every((value) => value === 10));
  assert.ok(rates.series.p99.every((value) => value === null));
  assert.deepEqual(runs([null, 1, 2, null, 3]).map((run) => run.length), [2, 1]);
});

test('an edge that is not alone at its end has the rate of its beginning', () => {
  const rates = { nodes: new Map([['step/a', { out: 5 }], ['step/m', { in: 12 }]]) };
  assert.equal(edgeRate({ from: 'step/a', to: 'step/m', alone: false }, rates), 5);
  assert.equal(edgeRate({ from: 'step/a', to: 'step/m', alone: true }, rates), 12);
  assert.equal(edgeRate({ from: 'step/x', to: 'step/m', alone: false }, rates), null);
});

test('numbers have few figures and their unit', () => {
  assert.deepEqual([0, 0.417, 4.2, 49.96, 999.6, 1250, 618000, 2.5e6].map(perSecond),
    ['0/s', '0.42/s', '4.2/s', '50/s', '1k/s', '1.3k/s', '618k/s', '2.5M/s']);
  assert.deepEqual([nanoseconds(540), nanoseconds(1900), microseconds(4410), microseconds(2.1e6), milliseconds(0), milliseconds(5)],
    ['540 ns', '1.9 µs', '4.4 ms', '2.1 s', '0 ms', '5 ms']);
  assert.deepEqual([bytes(0), bytes(118784), bytes(67108864)], ['0 B', '116 KiB', '64 MiB']);
  assert.deepEqual([count(1234567), count(null), perSecond(undefined), nanoseconds(NaN)], ['1,234,567', '–', '–', '–']);
  assert.deepEqual([age(38_000), age(840_000), age(11_520_000), age(439_200_000)], ['38 s', '14 min', '3 h 12 min', '5 d 2 h']);
});

test('what answers with something else is not taken for headrace', () => {
  for (const value of [null, 7, [], {}, { topologies: 7 }]) {
    assert.throws(() => checked(value), /not headrace/);
  }
});

test('fields of a wrong kind become empty ones', () => {
  const [topology] = checked({
    topologies: [{ name: 7, nodes: [{ name: 'a', kind: 'x', in: '5', from: 'b', metrics: [null, 3] }, null], memory: 3, counters: { a: 'b', c: 2 } }],
  }).topologies;
  assert.deepEqual([topology.name, topology.memory, topology.counters], ['', [], [['c', 2]]]);
  assert.deepEqual([topology.nodes.length, topology.nodes[0].kind, topology.nodes[0].in, topology.nodes[0].from], [1, 'step', 0, []]);
  assert.deepEqual(checkedSamples({ samples: [3, { before: 'x', after: null }] }).map((sample) => [sample.before, sample.after]), [[null, null], [{}, null]]);
});

test('fields of a sample are compared by their JSON, changed ones first; what the step left alone is the same', () => {
  const fields = compare({ before: { a: 1, b: [1], c: 'x', e: 2 }, after: { a: 1, b: [1, 2], d: null }, gone: ['e'] });
  assert.deepEqual(fields.map((field) => [field.name, field.change]),
    [['b', 'changed'], ['e', 'removed'], ['d', 'added'], ['a', 'same'], ['c', 'same']]);
  assert.equal(fields[4].after, '"x"');
  assert.deepEqual(compare({ before: { a: 1 }, after: null }), [{ name: 'a', before: '1', after: null, change: 'same' }]);
  assert.deepEqual(compare({ before: null, after: { a: 1 } }).map((field) => field.change), ['added']);
  assert.deepEqual(compare({ before: null, after: null }), []);
});
