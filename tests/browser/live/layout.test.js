// Where nodes and edges are, without a browser.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

import { edgesOf, layersOf, layout, nearest } from '../../../runtime/admin/page/layout.mjs';
import { checked } from '../../../runtime/admin/page/snapshot.mjs';

const WIDE = { down: false, width: 1240, nodeHeight: 64, nodeWidth: [136, 196], gap: { across: 22, along: [68, 130] } };
const TALL = { down: true, width: 330, nodeHeight: 64, nodeWidth: [104, 190], gap: { across: 14, along: [42, 42] } };
const RECORDED = checked(JSON.parse(fs.readFileSync(new URL('../../support/live/topology.json', import.meta.url))));
const FLIGHTS = RECORDED.topologies[0].nodes;

function node(kind, name, from = [], more = {}) {
  return { kind, name, from, type: 'x', table: null, failed: 0, ...more };
}

function overlaps(places) {
  const list = [...places.nodes.values()];
  return list.filter((a, i) => list.some((b, j) => i < j && Math.abs(a.x - b.x) < (a.width + b.width) / 2
    && Math.abs(a.y - b.y) < (a.height + b.height) / 2));
}

function outside(places) {
  return [...places.nodes.values()].filter((at) => at.x - at.width / 2 < -0.01 || at.x + at.width / 2 > places.width + 0.01
    || at.y - at.height / 2 < -0.01 || at.y + at.height / 2 > places.height + 0.01);
}

test('sources are in the first layer, sinks in the last, a table beside its reader', () => {
  const layer = layersOf(FLIGHTS, edgesOf(FLIGHTS), false);
  assert.deepEqual(Object.fromEntries(layer), {
    'source/requests': 0, 'table/distances': 1, 'step/features': 1, 'step/distance': 2, 'step/classify': 3,
    'sink/mongo_response': 4, 'sink/kafka_response': 4, 'dead_letters/dead_letters': 4,
  });
});

test('failed records make edges to the dead letters, and only those', () => {
  const letters = edgesOf(FLIGHTS).filter((edge) => edge.kind === 'letters').map((edge) => edge.from);
  assert.deepEqual(letters, ['source/requests', 'step/distance']);
});

test('a source and a sink of one name are two nodes', () => {
  const nodes = [node('source', 'a'), node('sink', 'a', ['a'])];
  assert.deepEqual(edgesOf(nodes), [{ from: 'source/a', to: 'sink/a', kind: 'records', alone: true }]);
  assert.equal(layout(nodes, WIDE).nodes.size, 2);
});

test('the flight topology flows to the right, its records in a straight line', () => {
  const places = layout(FLIGHTS, WIDE);
  const at = (id) => places.nodes.get(id);
  const line = ['source/requests', 'step/features', 'step/distance', 'step/classify'].map(at);
  assert.ok(line.every((place, i) => i === 0 || place.x > line[i - 1].x));
  assert.ok(Math.max(...line.map((place) => place.y)) - Math.min(...line.map((place) => place.y)) < 2);
  assert.ok(at('dead_letters/dead_letters').y > at('sink/mongo_response').y);
  assert.ok(places.width <= WIDE.width);
  assert.deepEqual(overlaps(places), []);
  assert.deepEqual(outside(places), []);
});

test('on a phone it flows downwards and is no wider than the phone', () => {
  const places = layout(FLIGHTS, TALL);
  assert.ok(places.nodes.get('sink/kafka_response').y > places.nodes.get('source/requests').y);
  assert.equal(places.width, TALL.width);
  assert.deepEqual(overlaps(places), []);
  assert.deepEqual(outside(places), []);
});

test('an edge that passes a layer goes round the nodes in it', () => {
  const nodes = [node('source', 'a'), node('step', 'b', ['a']), node('step', 'c', ['b']), node('sink', 'd', ['a', 'c'])];
  const places = layout(nodes, WIDE);
  const long = places.edges.find((edge) => edge.from === 'source/a' && edge.to === 'sink/d');
  assert.equal(long.points.length, 6);
  for (const id of ['step/b', 'step/c']) {
    const at = places.nodes.get(id);
    const inside = long.points.filter((point) => Math.abs(point.x - at.x) <= at.width / 2 + 1);
    assert.ok(inside.length > 0 && inside.every((point) => Math.abs(point.y - at.y) > at.height / 2));
  }
});

test('many shapes of graph overlap nowhere', () => {
  let seed = 7;
  const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
  for (let round = 0; round < 200; round++) {
    const nodes = [node('source', 's0'), node('source', 's1', [], { failed: random(2) }), node('table', 't')];
    for (let i = 0; i < 2 + random(12); i++) {
      const before = nodes.filter((each) => each.kind !== 'table');
      const from = [before[random(before.length)].name];
      nodes.push(node('step', `n${i}`, from, { failed: random(3), table: random(4) === 0 ? 't' : null }));
    }
    for (let i = 0; i < 1 + random(4); i++) {
      nodes.push(node('sink', `k${i}`, [nodes[random(nodes.length)].name], { failed: random(2) }));
    }
    nodes.push(node('dead_letters', 'dead_letters'));
    for (const how of [WIDE, TALL]) {
      const places = layout(nodes, how);
      assert.deepEqual(overlaps(places), []);
      assert.deepEqual(outside(places), []);
      assert.equal(places.nodes.size, nodes.length);
    }
  }
});

test('a circle, a missing node and nothing at all do not hang', () => {
  layout([node('step', 'a', ['b']), node('step', 'b', ['a']), node('sink', 'k', ['b', 'gone'])], WIDE);
  layout([node('step', 'a', ['a'])], TALL);
  assert.equal(layout([], WIDE).nodes.size, 0);
  assert.equal(layout([], TALL).nodes.size, 0);
});

test('an arrow key leads to the nearest node in its direction', () => {
  const { nodes } = layout(FLIGHTS, WIDE);
  assert.equal(nearest(nodes, 'source/requests', 'ArrowRight'), 'step/features');
  assert.equal(nearest(nodes, 'step/features', 'ArrowUp'), 'table/distances');
  assert.equal(nearest(nodes, 'sink/mongo_response', 'ArrowDown'), 'sink/kafka_response');
  assert.equal(nearest(nodes, 'source/requests', 'ArrowLeft'), null);
});
