// What one node does: its numbers, and on request records before and after it.
// SPDX-License-Identifier: Apache-2.0
import { attribute, h, rows, shown, text } from './dom.mjs';
import { bytes, count, microseconds, nanoseconds, perSecond } from './format.mjs';
import { KIND_WORDS, titleOf } from './diagram.mjs';
import { ask } from './poll.mjs';
import { checkedSamples, compare } from './snapshot.mjs';
import { nodeId } from './rates.mjs';

const SAMPLED = ['source', 'step', 'sink'];
const SAMPLES = 3;
const WAIT_MS = 5000;
const VALUE_CHARS_MAX = 2000;

function facts(node, rates) {
  const both = (key) => `${count(node[key])}${rates?.[key] > 0 ? `  (${perSecond(rates[key])})` : ''}`;
  const list = [];
  if (node.kind === 'table') {
    list.push(['Rows', count(node.rows)]);
  } else {
    list.push(['In', both('in')]);
  }
  if (['source', 'step'].includes(node.kind)) {
    list.push(['Out', both('out')], ['Dropped', both('dropped')]);
  }
  if (node.kind !== 'dead_letters') {
    list.push(['Failed', both('failed')]);
  }
  if (node.bytes > 0) {
    list.push(['Bytes', `${bytes(node.bytes)}${rates?.bytes > 0 ? `  (${bytes(rates.bytes)}/s)` : ''}`]);
  }
  if (node.processing_ns > 0) {
    list.push(['Time a record', nanoseconds(rates?.perRecordNs)]);
  }
  if (node.latency_us?.count > 0) {
    const { p50, p99, max } = node.latency_us;
    list.push(['Acknowledged after', `p50 ${microseconds(p50)}, p99 ${microseconds(p99)}, max ${microseconds(max)}`]);
  }
  for (const metric of node.metrics) {
    list.push([metric.label === '' ? metric.name : `${metric.name} (${metric.label})`, count(metric.value)]);
  }
  return list;
}

function shortened(value) {
  return value !== null && value.length > VALUE_CHARS_MAX ? `${value.slice(0, VALUE_CHARS_MAX)}…` : value;
}

function sampleTable(fields, caption) {
  const marks = { added: '+', changed: '~', removed: '−', same: '' };
  const body = fields.map((field) => h('tr', { class: field.change },
    h('th', { scope: 'row' }, h('span', { class: 'mark', title: field.change }, marks[field.change]), field.name),
    h('td', {}, shortened(field.before) ?? ''),
    h('td', {}, field.after === null ? '' : shortened(field.after), field.change === 'same' ? null : h('span', { class: 'unseen' }, ` (${field.change})`))));
  const head = ['Field', 'Before', 'After'].map((label) => h('th', { scope: 'col' }, label));
  return h('table', { class: 'sample' }, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body));
}

function sampleCard(sample) {
  const fields = compare(sample);
  const changed = fields.filter((field) => field.change !== 'same');
  const same = fields.filter((field) => field.change === 'same');
  const bad = sample.outcome === 'failed' ? 'error' : '';
  const outcome = `${sample.outcome}${sample.code === '' ? '' : `: ${sample.code}`}`;
  const few = changed.length === 0;
  return h('article', {},
    h('h4', {}, h('span', { class: 'place' }, sample.place), ' ', h('span', { class: bad }, outcome)),
    few ? h('p', { class: 'muted' }, sample.after === null ? 'The record as it came:' : 'No field changed.') : sampleTable(changed, `Fields of ${sample.place} that changed`),
    same.length === 0 ? null : h('details', { open: few },
      h('summary', {}, `${same.length} ${few ? '' : 'unchanged '}field${same.length === 1 ? '' : 's'}`),
      sampleTable(same, `Fields of ${sample.place} that did not change`)));
}

export class Panel {
  // onClose(): the panel was closed by its reader.
  constructor(onClose) {
    this.onClose = onClose;
    this.title = h('h3', { id: 'node-title', tabindex: '-1' });
    this.kind = h('p', { class: 'muted' });
    this.trouble = h('p', { class: 'error' });
    this.body = h('tbody');
    this.status = h('p', { class: 'muted', role: 'status' });
    this.samples = h('div', { class: 'samples' });
    this.button = h('button', { type: 'button', onclick: () => this.sample() }, 'Sample records');
    this.tap = h('div', { class: 'tap' }, h('p', {}, this.button), this.status, this.samples);
    this.element = h('section', { class: 'panel', role: 'region', 'aria-labelledby': 'node-title', hidden: true, onkeydown: (event) => this.key(event) },
      h('header', {}, this.title, this.kind, h('button', { type: 'button', class: 'close', 'aria-label': 'Close the panel', onclick: onClose }, '×')),
      this.trouble, h('div', { class: 'columns' }, h('table', { class: 'facts' }, this.body), this.tap));
  }

  key(event) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.onClose();
    }
  }

  // Shows a node; `topology` is its name, for the tap.
  open(topology, node) {
    if (this.id !== nodeId(node) || this.topology !== topology) {
      this.samples.replaceChildren();
      text(this.status, '');
      this.turn = (this.turn ?? 0) + 1;
    }
    Object.assign(this, { id: nodeId(node), topology, step: node.name });
    shown(this.tap, SAMPLED.includes(node.kind) && node.armed);
    shown(this.element, true);
    this.title.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.id = null;
    this.turn = (this.turn ?? 0) + 1;
    shown(this.element, false);
  }

  write(node, rates) {
    text(this.title, titleOf(node));
    text(this.kind, [`${node.type} ${KIND_WORDS[node.kind]}`, node.connection && `connection ${node.connection}`,
      node.from.length > 0 && `from ${node.from.join(', ')}`, node.table && `table ${node.table}`].filter(Boolean).join(' · '));
    text(this.trouble, node.trouble ?? '');
    rows(this.body, facts(node, rates));
  }

  async sample() {
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    this.turn = (this.turn ?? 0) + 1;
    const { turn } = this;
    const path = `tap/${encodeURIComponent(this.step)}?limit=${SAMPLES}&wait_ms=${WAIT_MS}&topology=${encodeURIComponent(this.topology)}`;
    attribute(this.button, 'aria-disabled', 'true'); // not disabled: it would lose the focus
    text(this.status, 'Waiting for records …');
    let words;
    let samples = [];
    try {
      samples = checkedSamples(await ask(path, WAIT_MS));
      words = samples.length === 0 ? `No record came in ${WAIT_MS / 1000} s.` : '';
    } catch (error) {
      words = `No samples: ${error.message}`;
    }
    this.waiting = false;
    attribute(this.button, 'aria-disabled', null);
    if (turn === this.turn) { // else another node is open by now
      text(this.status, words);
      this.samples.replaceChildren(...samples.map(sampleCard));
    }
  }
}
