// One topology on the page: its state, figures, graph, the open node, and tables.
// SPDX-License-Identifier: Apache-2.0
import { attribute, h, rows, shown, tableSection, text } from './dom.mjs';
import { brief, bytes, clock, count, microseconds, milliseconds, nanoseconds, perSecond } from './format.mjs';
import { Diagram, KIND_WORDS, titleOf } from './diagram.mjs';
import { nodeId } from './rates.mjs';
import { Panel } from './panel.mjs';
import { sparkline } from './sparkline.mjs';

const PARTITIONS_MAX = 20;
const LATENCIES = [['Last 10 s', 'latency_recent_us'], ['Since start', 'latency_us'], ['End to end', 'end_to_end_us']];
const LATENCY_NOTE = 'From the arrival of a record in the process until all its outputs are acknowledged; end to end: from its own timestamp.';

const FIGURES = [
  ['in', 'Records in', (rates) => perSecond(rates.in)],
  ['out', 'Written', (rates) => perSecond(rates.out)],
  ['failed', 'Failed', (rates) => perSecond(rates.failed)],
  ['lag', 'Lag', (rates) => count(rates.lag)],
  ['p50', 'Latency p50', (rates, topology) => recent(topology, 'p50')],
  ['p99', 'Latency p99', (rates, topology) => recent(topology, 'p99')],
];

function recent(topology, name) {
  const from = topology.latency_recent_us;
  return from?.count > 0 ? microseconds(from[name]) : microseconds(null);
}

function figureBox([key, label]) {
  const value = h('dd', { 'data-figure': key });
  const line = sparkline();
  return { key, value, line, element: h('div', {}, h('dt', {}, label), value, line.element) };
}

function counterLine([name, value]) {
  const words = name.replace(/_ms$/, '').replaceAll('_', ' ');
  return [words, name.endsWith('_ms') ? milliseconds(value) : count(value)];
}

function memoryRow() {
  const [name, value, fill] = [h('span'), h('span', { class: 'number' }), h('div', { class: 'fill' })];
  const bar = h('div', { class: 'bar', role: 'meter', 'aria-valuemin': '0' }, fill);
  return { name, value, fill, bar, element: h('li', {}, h('div', { class: 'pair' }, name, value), bar) };
}

export class View {
  constructor(name) {
    this.name = name;
    this.opened = null;
    this.diagram = new Diagram((id) => this.open(id));
    this.panel = new Panel(() => this.close());
    this.title = h('h2');
    this.state = h('span', { class: 'state' });
    this.about = h('p', { class: 'about' });
    this.facts = h('p', { class: 'muted' });
    this.troubles = h('ul', { class: 'troubles', role: 'status' });
    this.figures = FIGURES.map(figureBox);
    this.tables();
    this.element = h('article', { class: 'topology', onkeydown: (event) => this.key(event) },
      h('header', {}, h('div', { class: 'named' }, this.title, this.state), this.about, this.facts, this.troubles),
      h('dl', { class: 'figures' }, ...this.figures.map((its) => its.element)),
      this.diagram.element, this.panel.element, this.letters.element, this.steps.element,
      h('div', { class: 'columns' }, this.latency.element, this.memory.element, this.counters.element), this.partitions.element);
  }

  tables() {
    const n = 'number';
    const w = 'number wide'; // not on a phone
    this.letters = tableSection('Last dead letters', [['Time'], ['Record'], ['Failed in'], ['Code'], ['Reason']], 'letters', this.name);
    this.steps = tableSection('Nodes', [['Name'], ['Kind', 'wide'], ['In/s', n], ['Out/s', n], ['In', w], ['Dropped', w], ['Failed', n],
      ['Time a record', n]], 'steps', this.name);
    this.latency = tableSection('Latency', [['Over'], ['p50', n], ['p90', w], ['p99', n], ['p99.9', n], ['Max', n]], 'latency', this.name);
    this.partitions = tableSection('Partitions', [['Topic'], ['Partition', n], ['Thread', w], ['Position', w], ['Committed', w],
      ['End', n], ['Lag', n]], 'partitions', this.name);
    text(this.latency.note, LATENCY_NOTE);
    this.counterBody = h('tbody');
    this.counters = { element: h('section', { class: 'counters' }, h('h3', {}, 'Counters'), h('table', { class: 'facts' }, this.counterBody)) };
    this.memoryList = h('ul', { class: 'memory' });
    this.memory = { element: h('section', {}, h('h3', {}, 'Memory'), this.memoryList), rows: [] };
    this.more = h('button', { type: 'button', onclick: () => { this.all = true; this.writePartitions(); } });
    this.partitions.element.append(this.more);
  }

  open(id) {
    this.opened = id;
    this.draw();
    this.panel.open(this.topology.name, this.topology.nodes.find((node) => nodeId(node) === id));
  }

  close() {
    const id = this.opened;
    this.opened = null;
    this.panel.close();
    this.draw();
    this.diagram.focus(id);
  }

  key(event) {
    if (event.key === 'Escape' && this.opened !== null) {
      this.close();
    }
  }

  update(topology, rates, series) {
    Object.assign(this, { topology, rates, series });
    this.draw();
  }

  draw() {
    const { topology, rates } = this;
    const node = topology.nodes.find((its) => nodeId(its) === this.opened);
    if (this.opened !== null && node === undefined) {
      this.close();
      return;
    }
    this.writeHead();
    for (const [i, { value, line, key }] of this.figures.entries()) {
      text(value, FIGURES[i][2](rates, topology));
      value.classList.toggle('error', key === 'failed' && rates.failed > 0);
      line.draw(this.series[key]);
    }
    this.diagram.draw(topology, rates, this.opened);
    if (node !== undefined) {
      this.panel.write(node, rates.nodes.get(this.opened));
    }
    this.writeLetters();
    this.writeSteps();
    this.writeLatency();
    this.writeMemory();
    rows(this.counterBody, topology.counters.map(counterLine));
    this.writePartitions();
  }

  writeHead() {
    const { topology } = this;
    const waits = topology.waiting_for.length > 0 ? `, not ready: ${topology.waiting_for.map(brief).join(', ')}` : '';
    const threads = topology.threads === null ? '' : `${topology.threads} thread${topology.threads === 1 ? '' : 's'}`;
    text(this.title, topology.name);
    text(this.state, `${topology.state}${waits}`);
    attribute(this.state, 'class', `state ${/^[a-z]+$/.test(topology.state) ? topology.state : ''}`);
    text(this.about, topology.description);
    text(this.facts, [topology.file, topology.group && `group ${topology.group}`, topology.guarantee, threads].filter(Boolean).join(' · '));
    const troubles = topology.nodes.filter((node) => node.trouble !== null).map((node) => `${titleOf(node)}: ${node.trouble}`);
    troubles.unshift(...(topology.failure === '' ? [] : [topology.failure]));
    if (this.troubles.textContent !== troubles.join('')) {
      this.troubles.replaceChildren(...troubles.map((words) => h('li', {}, words)));
    }
  }

  writeLetters() {
    const list = [...this.topology.dead_letters].sort((a, b) => b.time_ms - a.time_ms);
    shown(this.letters.element, list.length > 0);
    rows(this.letters.body, list.map((its) => [
      { text: clock(its.time_ms), class: 'time' }, { text: `${its.topic}[${its.partition}]@${its.offset}`, class: 'place' },
      its.node, { text: its.code, class: 'error' }, { text: its.reason, class: 'reason' }]));
  }

  writeSteps() {
    const number = (value) => ({ text: value, class: 'number' });
    const wide = (value) => ({ text: value, class: 'number wide' });
    rows(this.steps.body, this.topology.nodes.map((node) => {
      const its = this.rates.nodes.get(nodeId(node));
      const sends = ['source', 'step'].includes(node.kind);
      const table = node.kind === 'table';
      const failed = node.kind === 'dead_letters' ? 0 : node.failed;
      return [titleOf(node), { text: `${node.type} ${node.kind === 'dead_letters' ? '' : KIND_WORDS[node.kind]}`, class: 'wide' },
        number(table || !node.armed ? '' : perSecond(its?.in)), number(sends ? perSecond(its?.out) : ''),
        wide(table ? `${count(node.rows)} rows` : count(node.in)), wide(sends ? count(node.dropped) : ''),
        { text: table ? '' : count(failed), class: failed > 0 ? 'number error' : 'number' },
        number(node.processing_ns > 0 ? nanoseconds(its?.perRecordNs) : '')];
    }));
  }

  writeLatency() {
    const known = LATENCIES.filter(([, key]) => this.topology[key] !== null);
    shown(this.latency.element, known.length > 0);
    rows(this.latency.body, known.map(([label, key]) => {
      const from = this.topology[key];
      const value = (name) => ({ text: microseconds(from.count > 0 ? from[name] : null), class: name === 'p90' ? 'number wide' : 'number' });
      return [label, ...['p50', 'p90', 'p99', 'p999', 'max'].map(value)];
    }));
  }

  writeMemory() {
    const list = this.topology.memory;
    shown(this.memory.element, list.length > 0);
    while (this.memory.rows.length < list.length) {
      this.memory.rows.push(memoryRow());
    }
    if (this.memoryList.children.length !== list.length) {
      this.memoryList.replaceChildren(...this.memory.rows.slice(0, list.length).map((row) => row.element));
    }
    list.forEach((its, i) => {
      const row = this.memory.rows[i];
      const share = its.limit > 0 ? Math.min(1, its.bytes / its.limit) : 0;
      const words = its.limit > 0 ? `${bytes(its.bytes)} of ${bytes(its.limit)}` : bytes(its.bytes);
      text(row.name, its.budget.replaceAll('_', ' '));
      text(row.value, words);
      row.fill.style.width = `${(share * 100).toFixed(1)}%`;
      row.fill.classList.toggle('full', share > 0.9);
      shown(row.bar, its.limit > 0);
      attribute(row.bar, 'aria-label', `${its.budget} memory`);
      attribute(row.bar, 'aria-valuenow', its.bytes ?? 0);
      attribute(row.bar, 'aria-valuemax', its.limit ?? 0);
      attribute(row.bar, 'aria-valuetext', words);
    });
  }

  writePartitions() {
    const list = this.topology.partitions;
    const some = this.all ? list : list.slice(0, PARTITIONS_MAX);
    const wide = ['thread', 'position', 'committed'];
    shown(this.partitions.element, list.length > 0);
    shown(this.more, some.length < list.length);
    text(this.more, `Show all ${list.length}`);
    rows(this.partitions.body, some.map((its) => [its.topic, ...['partition', 'thread', 'position', 'committed', 'end', 'lag']
      .map((key) => ({ text: count(its[key] < 0 ? null : its[key]), class: wide.includes(key) ? 'number wide' : 'number' }))]));
  }
}
