// The live page: asks the process each second and shows its topologies, one at a time.
// SPDX-License-Identifier: Apache-2.0
import { attribute, h, shown, text } from './dom.mjs';
import { age, brief, bytes, clock } from './format.mjs';
import { Poller } from './poll.mjs';
import { Rates } from './rates.mjs';
import { checked } from './snapshot.mjs';
import { View } from './view.mjs';

const WAITS_MAX = 3;
const $ = (id) => document.getElementById(id);
const page = { ready: $('ready'), process: $('process'), away: $('away'), tabs: $('tabs'), main: $('main') };
const topologies = new Map(); // by name: {rates, view, tab}
let selected = decodeURIComponent(location.hash.slice(1));
let last = null;
let started = null;

function add(name) {
  const its = { rates: new Rates(), view: new View(name) };
  its.tab = h('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `view-${name}`, onclick: () => select(name) }, name);
  attribute(its.view.element, 'id', `view-${name}`);
  attribute(its.view.element, 'aria-labelledby', `tab-${name}`);
  topologies.set(name, its);
  return its;
}

function select(name) {
  selected = name;
  history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  showSelected();
}

function showSelected() {
  const many = topologies.size > 1;
  if (!topologies.has(selected)) {
    selected = topologies.keys().next().value;
  }
  shown(page.tabs, many);
  for (const [name, { tab, view }] of topologies) {
    attribute(tab, 'aria-selected', name === selected ? 'true' : 'false');
    attribute(tab, 'tabindex', name === selected ? '0' : '-1');
    attribute(view.element, 'role', many ? 'tabpanel' : null);
    shown(view.element, name === selected);
  }
  if (topologies.has(selected)) {
    draw(topologies.get(selected));
  }
}

function draw({ view, topology, rates }) {
  view.update(topology, rates.rates, rates.series);
}

// Tabs and views for the topologies that there are, in their order.
function reconcile(list) {
  const names = list.map((topology) => topology.name);
  const same = names.length === topologies.size && names.every((name) => topologies.has(name));
  if (!same) {
    for (const name of [...topologies.keys()].filter((each) => !names.includes(each))) {
      topologies.delete(name);
    }
    const all = names.map((name) => topologies.get(name) ?? add(name));
    page.tabs.replaceChildren(...all.map((its) => its.tab));
    page.main.replaceChildren(...all.map((its) => its.view.element));
  }
  return !same;
}

// What keeps the process from being ready, once each; the first few, as a head has one line.
function waits(snapshot) {
  const all = [...new Set(snapshot.topologies.flatMap((topology) => topology.waiting_for.map(brief)))];
  const more = all.length > WAITS_MAX ? ` and ${all.length - WAITS_MAX} more` : '';
  return all.length === 0 ? '' : `: ${all.slice(0, WAITS_MAX).join(', ')}${more}`;
}

// Share of one processor between two readings.
function load(snapshot) {
  const ms = snapshot.time_ms - (last?.time_ms ?? NaN);
  const share = (snapshot.cpu_seconds - last?.cpu_seconds) / (ms / 1000);
  return snapshot.cpu_seconds !== null && ms > 0 && share >= 0 ? `${(share * 100).toFixed(0)} % of a CPU` : '';
}

function writeHead(snapshot) {
  text(page.ready, snapshot.ready ? 'ready' : `not ready${waits(snapshot)}`);
  attribute(page.ready, 'class', snapshot.ready ? 'ready yes' : 'ready no');
  text(page.process, [snapshot.version, `up ${age(snapshot.time_ms - snapshot.started_ms)}`,
    snapshot.resident_bytes > 0 ? bytes(snapshot.resident_bytes) : '', load(snapshot)].filter(Boolean).join(' · '));
  document.title = `${snapshot.ready ? '' : 'not ready: '}${selected ?? 'headrace'} · headrace`;
}

function onReading(value) {
  const snapshot = checked(value);
  if (started !== null && started !== snapshot.started_ms) {
    topologies.clear(); // another process: what was known of the one before says nothing about it
    page.main.replaceChildren();
  }
  started = snapshot.started_ms;
  text(page.away, '');
  document.body.classList.remove('old');
  const changed = reconcile(snapshot.topologies);
  for (const topology of snapshot.topologies) {
    const its = topologies.get(topology.name);
    its.topology = topology;
    its.rates.update(topology, snapshot.time_ms, snapshot.started_ms);
  }
  if (changed) {
    showSelected();
  } else if (topologies.has(selected)) {
    draw(topologies.get(selected));
  }
  if (snapshot.topologies.length === 0) {
    text(page.away, 'This process runs no topology yet.');
  }
  writeHead(snapshot);
  last = snapshot;
}

function onAway({ error, waitMs }) {
  const since = last === null ? '' : ` What you see is of ${clock(last.time_ms)}.`;
  const known = error.name !== 'TypeError' && error.name !== 'TimeoutError'; // those are fetch's: nothing answered
  text(page.away, `The process does not answer${known ? `: ${error.message}` : ''}.${since} Next try in ${waitMs / 1000} s.`);
  text(page.ready, 'away');
  attribute(page.ready, 'class', 'ready no');
  document.title = 'away · headrace';
  document.body.classList.add('old');
}

page.tabs.addEventListener('keydown', (event) => {
  const names = [...topologies.keys()];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    select(names[(names.indexOf(selected) + step + names.length) % names.length]);
    topologies.get(selected).tab.focus();
  }
});

new Poller('topology', onReading, onAway).now();
