// What happens per second, from two readings of counters that only grow. Time is the process's own, so a late
// answer or a paused page makes no wrong rate; a process that started again has no rate until its second reading.
// SPDX-License-Identifier: Apache-2.0
const POINTS_MAX = 120;
const COUNTED = ['in', 'out', 'dropped', 'failed', 'bytes'];

export function nodeId(node) {
  return `${node.kind}/${node.name}`;
}

function sum(list, key) {
  return list.reduce((total, item) => total + (item[key] ?? 0), 0);
}

// Per second between two values; null where there is none.
function difference(now, before, seconds) {
  return before === undefined || now < before || !(seconds > 0) ? null : (now - before) / seconds;
}

// Time in the node per record: lately, or since the start where nothing came lately.
function perRecord(now, before) {
  const records = before === undefined ? now.in : now.in - before.in;
  const time = before === undefined ? now.processing_ns : now.processing_ns - before.processing_ns;
  if (records > 0 && time >= 0) {
    return time / records;
  }
  return now.in > 0 ? now.processing_ns / now.in : null;
}

function nodeRates(node, before, seconds) {
  const rates = { perRecordNs: perRecord(node, before) };
  for (const key of COUNTED) {
    rates[key] = difference(node[key] ?? 0, before?.[key] ?? (before ? 0 : undefined), seconds);
  }
  return rates;
}

function ofKind(topology, ...kinds) {
  return topology.nodes.filter((node) => kinds.includes(node.kind));
}

// What is in and out of a topology as a whole.
export function totals(topology) {
  return {
    in: sum(ofKind(topology, 'source'), 'in'),
    out: sum(ofKind(topology, 'sink'), 'out'), // acknowledged
    failed: sum(topology.nodes.filter((node) => node.kind !== 'dead_letters'), 'failed'),
    lag: sum(topology.partitions ?? [], 'lag'),
  };
}

export class Rates {
  constructor() {
    this.series = { in: [], out: [], failed: [], lag: [], p50: [], p99: [] };
    this.last = null;
  }

  // One more reading of a topology. Returns {nodes: Map of id to rates, in, out, failed, lag}.
  update(topology, timeMs, startedMs) {
    const now = { timeMs, startedMs, totals: totals(topology), nodes: new Map() };
    const before = this.last?.startedMs === startedMs ? this.last : null;
    const seconds = before === null ? NaN : (timeMs - before.timeMs) / 1000;
    for (const node of topology.nodes) {
      now.nodes.set(nodeId(node), node);
    }
    if (before !== null && seconds <= 0) {
      return this.rates; // the same reading again
    }
    this.rates = { nodes: new Map(), lag: now.totals.lag };
    for (const [id, node] of now.nodes) {
      this.rates.nodes.set(id, nodeRates(node, before?.nodes.get(id), seconds));
    }
    for (const key of ['in', 'out', 'failed']) {
      this.rates[key] = difference(now.totals[key], before?.totals[key], seconds);
    }
    this.last = now;
    this.remember(topology);
    return this.rates;
  }

  remember(topology) {
    const recent = topology.latency_recent_us;
    const quantile = (name) => (recent?.count > 0 ? recent[name] : null);
    const point = { ...this.rates, p50: quantile('p50'), p99: quantile('p99') };
    for (const [key, list] of Object.entries(this.series)) {
      list.push(point[key]);
      list.splice(0, list.length - POINTS_MAX);
    }
  }
}

// The rate of an edge: what arrives where one edge ends there, else what its beginning sent.
export function edgeRate(edge, rates) {
  const end = rates.nodes.get(edge.to);
  const begin = rates.nodes.get(edge.from);
  return (edge.alone ? end?.in : begin?.out) ?? null;
}
