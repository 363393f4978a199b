// The graph of a topology as SVG: nodes that can be reached by arrow keys, edges with what flows along them.
// It is built anew when its shape changes, and only written into otherwise, so focus and selection stay.
// SPDX-License-Identifier: Apache-2.0
import { attribute, h, s, text } from './dom.mjs';
import { count, nanoseconds, perSecond, short } from './format.mjs';
import { edgesOf, layout, nearest } from './layout.mjs';
import { edgeRate, nodeId } from './rates.mjs';

const NARROW_PX = 700;
const NODE_HEIGHT = 64;
const MARGIN = 3;
const BOTH_PX = 170; // a node as wide as this shows its figure and its failures in one line
const WIDE = { nodeWidth: [136, 196], gap: { across: 22, along: [68, 130] } };
const TALL = { nodeWidth: [104, 190], gap: { across: 14, along: [42, 42] } };

export const KIND_WORDS = { source: 'source', table: 'table', step: 'step', sink: 'sink', dead_letters: 'dead letters', endpoint: 'endpoint' };

// The title of a node: dead letters have a name that nobody gave.
export function titleOf(node) {
  return node.kind === 'dead_letters' ? 'dead letters' : node.name;
}

function subtitle(node) {
  return node.kind === 'dead_letters' ? node.type : `${node.type} ${KIND_WORDS[node.kind]}`;
}

// The one line of numbers that says most about a node of its kind.
function figure(node, rates, lag) {
  switch (node.kind) {
    case 'source': return lag === null ? `${count(node.in)} records` : `lag ${count(lag)}`;
    case 'table': return `${count(node.rows)} rows`;
    case 'step': return rates?.perRecordNs === null ? 'no record yet' : `${nanoseconds(rates?.perRecordNs)} a record`;
    case 'endpoint': return `${count(node.in)} requests`;
    case 'sink': return node.armed ? `${count(node.out)} written` : 'left out of this run';
    default: return `${count(node.in)} records`;
  }
}

function cut(element, value, width) {
  text(element, value);
  for (let n = value.length - 1; n > 1 && element.getComputedTextLength() > width; n--) {
    element.textContent = `${value.slice(0, n)}…`;
  }
}

function curve(edge, down) {
  const [first, ...others] = edge.points;
  if (edge.aside) {
    const [end] = others;
    const out = down ? [first.x, first.y + 34, end.x, end.y + 34] : [first.x + 34, first.y, end.x + 34, end.y];
    return `M${first.x} ${first.y}C${out.join(' ')} ${end.x} ${end.y}`;
  }
  let d = `M${first.x} ${first.y}`;
  let at = first;
  others.forEach((to, i) => {
    const half = down ? (to.y - at.y) / 2 : (to.x - at.x) / 2;
    d += i % 2 === 1 ? `L${to.x} ${to.y}`
      : `C${down ? `${at.x} ${at.y + half} ${to.x} ${to.y - half}` : `${at.x + half} ${at.y} ${to.x - half} ${to.y}`} ${to.x} ${to.y}`;
    at = to;
  });
  return d;
}

function labelPlace(edge, down) {
  const [a, b] = edge.points;
  if (edge.aside) {
    return down ? { x: (a.x + b.x) / 2, y: a.y + 24 } : { x: a.x + 24, y: (a.y + b.y) / 2 };
  }
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

export class Diagram {
  // onOpen(id): a node was chosen.
  constructor(onOpen) {
    this.onOpen = onOpen;
    this.svg = s('svg', { role: 'group' });
    this.element = h('div', { class: 'graph' }, this.svg);
    this.nodes = new Map();
    this.shape = '';
    this.current = null; // the node that Tab leads to
    this.svg.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.topology && this.draw(this.topology, this.rates, this.opened)).observe(this.element);
  }

  draw(topology, rates, opened) {
    Object.assign(this, { topology, rates, opened });
    const width = Math.floor(this.element.clientWidth) - 2 * MARGIN;
    const edges = edgesOf(topology.nodes);
    const shape = JSON.stringify([width, topology.nodes.map((node) => [nodeId(node), node.type]), edges]);
    if (width > 0 && shape !== this.shape) {
      this.shape = shape;
      this.build(topology, width);
    }
    for (const node of topology.nodes) {
      this.writeNode(node);
    }
    for (const edge of this.edges ?? []) {
      this.writeEdge(edge);
    }
  }

  build(topology, width) {
    const focused = document.activeElement?.dataset?.node;
    const room = { width, nodeHeight: NODE_HEIGHT };
    this.places = layout(topology.nodes, { down: false, ...room, ...WIDE });
    const down = width < NARROW_PX || this.places.width > width;
    if (down) {
      this.places = layout(topology.nodes, { down, ...room, ...TALL });
    }
    const { width: w, height } = this.places;
    attribute(this.svg, 'viewBox', `${-MARGIN} ${-MARGIN} ${Math.ceil(w) + 2 * MARGIN} ${Math.ceil(height) + 2 * MARGIN}`);
    attribute(this.svg, 'width', Math.ceil(w) + 2 * MARGIN);
    attribute(this.svg, 'height', Math.ceil(height) + 2 * MARGIN);
    attribute(this.svg, 'aria-label', `Graph of ${topology.name}: ${topology.nodes.length} nodes; arrow keys move, Enter opens one`);
    this.edges = this.places.edges.map((edge) => this.buildEdge(edge, down));
    this.nodes = new Map(topology.nodes.map((node) => [nodeId(node), this.buildNode(node)]));
    if (!this.nodes.has(this.current)) {
      this.current = this.nodes.keys().next().value ?? null;
    }
    this.svg.replaceChildren(...this.edges.map((edge) => edge.path), ...[...this.nodes.values()].map((its) => its.group),
      ...this.edges.map((edge) => edge.label));
    for (const [id, its] of this.nodes) {
      attribute(its.group, 'tabindex', id === this.current ? '0' : '-1');
      its.cut();
    }
    if (focused !== undefined) {
      this.nodes.get(focused)?.group.focus({ preventScroll: true });
    }
  }

  buildEdge(edge, down) {
    const path = s('path', { class: `edge ${edge.kind}`, d: curve(edge, down), 'aria-hidden': 'true' });
    const at = labelPlace(edge, down);
    const label = s('text', { class: 'rate', x: at.x, y: at.y + 4, 'aria-hidden': 'true' });
    return { ...edge, path, label };
  }

  buildNode(node) {
    const id = nodeId(node);
    const { x, y, width, height } = this.places.nodes.get(id);
    const left = x - width / 2 + 12;
    const top = y - height / 2;
    const title = s('text', { class: 'title', x: left, y: top + 21 });
    const kind = s('text', { class: 'kind', x: left, y: top + 37 });
    const numbers = s('text', { class: 'figure', x: left, y: top + 54 });
    const failed = s('text', { class: 'failed', x: x + width / 2 - 12, y: top + 54 });
    const box = s('rect', { x: x - width / 2, y: top, width, height, rx: 6 });
    const hint = s('title');
    const group = s('g', {
      class: `node ${node.kind}`, role: 'button', 'data-node': id, onclick: () => this.open(id), onfocus: () => this.moveTo(id),
    }, hint, box, title, kind, numbers, failed);
    return {
      group, numbers, failed, hint, narrow: width < BOTH_PX,
      cut() {
        cut(title, titleOf(node), width - 24);
        cut(kind, subtitle(node), width - 24);
      },
    };
  }

  lagOf(node) {
    const its = this.topology.partitions.filter((partition) => partition.source === node.name && partition.lag !== null);
    return its.length === 0 ? null : its.reduce((total, partition) => total + partition.lag, 0);
  }

  writeNode(node) {
    const id = nodeId(node);
    const its = this.nodes.get(id);
    if (its === undefined) {
      return;
    }
    const numbers = figure(node, this.rates?.nodes.get(id), this.lagOf(node));
    const failed = node.failed > 0 && node.kind !== 'dead_letters' ? `${short(node.failed)} failed` : '';
    const fault = node.trouble ?? '';
    text(its.numbers, failed !== '' && its.narrow ? '' : numbers);
    text(its.failed, failed);
    text(its.hint, [titleOf(node), fault].filter(Boolean).join('\n'));
    its.group.classList.toggle('bad', node.failed > 0 || fault !== '' || (node.kind === 'dead_letters' && node.in > 0));
    its.group.classList.toggle('idle', !node.armed);
    attribute(its.group, 'aria-pressed', this.opened === id ? 'true' : 'false');
    if (document.activeElement !== its.group) { // else it would be read out again each second
      attribute(its.group, 'aria-label', [titleOf(node), subtitle(node), numbers, failed, fault].filter(Boolean).join(', '));
    }
  }

  writeEdge(edge) {
    const rate = this.rates === null ? null : edgeRate(edge, this.rates);
    if (edge.kind === 'records') {
      text(edge.label, this.armed(edge.to) ? perSecond(rate) : '');
      edge.path.classList.toggle('flows', rate > 0);
    }
  }

  armed(id) {
    return this.topology.nodes.find((node) => nodeId(node) === id)?.armed !== false;
  }

  open(id) {
    this.moveTo(id);
    this.onOpen(id);
  }

  moveTo(id) {
    for (const [other, its] of this.nodes) {
      attribute(its.group, 'tabindex', other === id ? '0' : '-1');
    }
    this.current = id;
  }

  key(event) {
    const id = event.target.dataset?.node;
    if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.open(id);
    } else if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      this.focus(nearest(this.places.nodes, id, event.key) ?? id);
    }
  }

  focus(id) {
    this.nodes.get(id ?? this.current)?.group.focus();
  }
}
