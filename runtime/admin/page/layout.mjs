// Places the nodes of a graph in layers, sources first and sinks last, and routes its edges between them.
// Pure: numbers in, numbers out. "Along" is the way records flow, "across" is beside it; a page that is wide flows to
// the right, a narrow one downwards.
// SPDX-License-Identifier: Apache-2.0
import { nodeId } from './rates.mjs';

const SWEEPS = 8;
const BEND_ROOM = 18; // across, for an edge that passes a layer
const WEIGHT = { records: 1, rows: 0.002, letters: 0.002 };

// The edges of a topology: [{from, to, kind, alone}]; kind is records, rows (of a table) or letters (failed records).
export function edgesOf(nodes) {
  const senders = new Map(nodes.filter((n) => n.kind === 'source' || n.kind === 'step').map((n) => [n.name, n]));
  const tables = new Map(nodes.filter((n) => n.kind === 'table').map((n) => [n.name, n]));
  const letters = nodes.find((n) => n.kind === 'dead_letters');
  const edges = [];
  for (const node of nodes) {
    const from = node.kind === 'dead_letters' ? [] : (node.from ?? []).filter((name) => senders.has(name));
    for (const name of from) {
      edges.push({ from: nodeId(senders.get(name)), to: nodeId(node), kind: 'records', alone: from.length === 1 });
    }
    if (tables.has(node.table)) {
      edges.push({ from: nodeId(tables.get(node.table)), to: nodeId(node), kind: 'rows' });
    }
    if (letters !== undefined && node !== letters && node.failed > 0) {
      edges.push({ from: nodeId(node), to: nodeId(letters), kind: 'letters' });
    }
  }
  return edges;
}

// Longest path from the sources: Map of id to layer. A circle, which no checked topology has, ends at the last layer.
export function layersOf(nodes, edges, lettersApart) {
  const layer = new Map(nodes.map((node) => [nodeId(node), 0]));
  const flow = edges.filter((edge) => edge.kind !== 'letters');
  for (let round = 0, moved = true; moved && round < nodes.length; round++) {
    moved = false;
    for (const { from, to } of flow) {
      const least = Math.min(layer.get(from) + 1, nodes.length);
      if (layer.get(to) < least) {
        layer.set(to, least);
        moved = true;
      }
    }
  }
  const last = Math.max(0, ...layer.values());
  for (const node of nodes) {
    const id = nodeId(node);
    if (node.kind === 'table') { // beside what reads it, not at the far left
      const readers = flow.filter((edge) => edge.from === id).map((edge) => layer.get(edge.to));
      layer.set(id, readers.length > 0 ? Math.max(0, Math.min(...readers) - 1) : 0);
    } else if (node.kind === 'sink') {
      layer.set(id, last);
    } else if (node.kind === 'endpoint') {
      layer.set(id, Math.max(layer.get(id), Math.min(1, last)));
    } else if (node.kind === 'dead_letters') {
      layer.set(id, lettersApart ? last + 1 : last);
    }
  }
  return layer;
}

// Cells: the nodes, and a bend wherever an edge passes a layer. Each knows its neighbours before and behind.
function cellsOf(nodes, edges, layer) {
  const cells = nodes.map((node) => ({ id: nodeId(node), node, layer: layer.get(nodeId(node)), before: [], behind: [] }));
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const routes = edges.map((edge) => {
    const route = [byId.get(edge.from)];
    const end = byId.get(edge.to);
    for (let at = route[0].layer + 1; at < end.layer; at++) {
      const bend = { id: null, layer: at, before: [], behind: [] };
      cells.push(bend);
      route.push(bend);
    }
    route.push(end);
    for (let i = 1; i < route.length && route[i].layer > route[i - 1].layer; i++) {
      const weight = WEIGHT[edge.kind];
      route[i - 1].behind.push({ cell: route[i], weight });
      route[i].before.push({ cell: route[i - 1], weight });
    }
    return { edge, route };
  });
  return { cells, routes };
}

function mean(neighbours, value) {
  let total = 0;
  let weight = 0;
  for (const each of neighbours) {
    total += each.weight * value(each.cell);
    weight += each.weight;
  }
  return weight > 0 ? total / weight : null;
}

// Sorts each layer by where its neighbours are, forth and back, so that few edges cross. Dead letters stay last.
function order(rows) {
  const place = (cell) => cell.place;
  const number = (row) => row.forEach((cell, i) => { cell.place = i; });
  rows.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forth = sweep % 2 === 0;
    for (const row of forth ? rows : [...rows].reverse()) {
      for (const cell of row) {
        cell.wish = cell.node?.kind === 'dead_letters' ? Infinity : mean(forth ? cell.before : cell.behind, place) ?? cell.place;
      }
      row.sort((a, b) => (a.wish === b.wish ? a.place - b.place : a.wish - b.wish));
      number(row);
    }
  }
}

// How much a cell's wish counts: where records flow, lines are straight; tables and failed records go round them.
function weightOf(cell) {
  const sum = (list) => list.reduce((total, each) => total + each.weight, 0);
  return sum(cell.before) + sum(cell.behind) + 0.001;
}

// The places nearest to the wishes that keep order and distance: cells that would overlap move as one block.
function settle(row, gap, half) {
  const blocks = [];
  let offset = 0;
  for (const [i, cell] of row.entries()) {
    offset += i === 0 ? 0 : (row[i - 1].size + cell.size) / 2 + gap;
    const weight = weightOf(cell);
    blocks.push({ cells: [[cell, offset]], total: (cell.wish - offset) * weight, weight });
    const at = (block) => block.total / block.weight;
    while (blocks.length > 1 && at(blocks.at(-2)) > at(blocks.at(-1))) {
      const last = blocks.pop();
      blocks.at(-1).cells.push(...last.cells);
      blocks.at(-1).total += last.total;
      blocks.at(-1).weight += last.weight;
    }
  }
  for (const block of blocks) {
    for (const [cell, its] of block.cells) {
      cell.across = block.total / block.weight + its;
    }
  }
  keepWithin(row, gap, half);
}

// Moves what stands out at the sides back between -half and half, as far as there is room.
function keepWithin(row, gap, half) {
  const room = (i) => (row[i].size + row[i + 1].size) / 2 + gap;
  let most = half - (row.at(-1)?.size ?? 0) / 2;
  for (let i = row.length - 1; i >= 0; i--) {
    row[i].across = Math.min(row[i].across, most);
    most = i > 0 ? row[i].across - room(i - 1) : 0;
  }
  let least = (row[0]?.size ?? 0) / 2 - half;
  for (let i = 0; i < row.length; i++) {
    row[i].across = Math.max(row[i].across, least);
    least = i < row.length - 1 ? row[i].across + room(i) : 0;
  }
}

function place(rows, sizeAcross, gap, half) {
  for (const row of rows) {
    row.forEach((cell) => { cell.size = cell.node ? sizeAcross : BEND_ROOM; cell.wish = 0; });
    settle(row, gap, half);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forth = sweep % 2 === 0;
    for (const row of forth ? rows : [...rows].reverse()) {
      for (const cell of row) {
        cell.wish = mean(forth ? cell.before : cell.behind, (other) => other.across) ?? cell.across;
      }
      settle(row, gap, half);
    }
  }
}

// The layout of a topology, all in px: `width` is the room there is, nodeWidth [least, most], gap {across, along: [least,
// most]}. Returns {width, height, nodes: Map of id to {x, y, width, height}, edges: [{...edge, points}]}; x and y are
// the middle of a node, points where an edge begins, bends and ends. An edge within a layer has `aside`, and runs
// behind it.
export function layout(nodes, { down, width, nodeHeight, nodeWidth, gap }) {
  const edges = edgesOf(nodes).filter((edge) => !down || edge.kind !== 'letters'); // no room for those
  const layer = layersOf(nodes, edges, down);
  const { cells, routes } = cellsOf(nodes, edges, layer);
  const rows = Array.from({ length: Math.max(0, ...layer.values()) + 1 }, () => []);
  cells.forEach((cell) => rows[cell.layer].push(cell));
  order(rows);

  const aside = routes.some(({ route }) => route[0].layer === route.at(-1).layer) ? 26 : 0;
  const box = down ? fitDown(rows, width, nodeWidth, nodeHeight, gap) : fitRight(rows, width - aside, nodeWidth, nodeHeight, gap);
  place(rows, down ? box.width : box.height, gap.across, down ? width / 2 : Infinity);
  const least = Math.min(...cells.map((cell) => cell.across - cell.size / 2));
  const most = Math.max(...cells.map((cell) => cell.across + cell.size / 2));
  const shift = down ? Math.max(-least, width / 2) : -least;
  const sizeAlong = down ? box.height : box.width;
  for (const cell of cells) {
    cell.across += shift;
    cell.along = cell.layer * (sizeAlong + box.gap) + sizeAlong / 2;
  }
  const point = (across, along) => (down ? { x: across, y: along } : { x: along, y: across });
  const extent = point(most - least, rows.length * (sizeAlong + box.gap) - box.gap + aside);
  return {
    width: down ? Math.max(width, most + shift) : extent.x,
    height: extent.y,
    nodes: new Map(cells.filter((cell) => cell.node).map((cell) => [cell.id, {
      ...point(cell.across, cell.along), width: box.width, height: box.height,
    }])),
    edges: routes.map(({ edge, route }) => ({ ...edge, ...trace(route, sizeAlong / 2, point) })),
  };
}

function trace(route, half, point) {
  const [begin, end] = [route[0], route.at(-1)];
  if (begin.layer >= end.layer) {
    return { aside: true, points: [point(begin.across, begin.along + half), point(end.across, end.along + half)] };
  }
  return {
    points: route.flatMap((cell) => {
      if (cell === begin) {
        return [point(cell.across, cell.along + half)];
      }
      return cell === end ? [point(cell.across, cell.along - half)]
        : [point(cell.across, cell.along - half), point(cell.across, cell.along + half)];
    }),
  };
}

function clamp(value, [least, most]) {
  return Math.min(Math.max(value, least), most);
}

// Wide: nodes of one width, gaps that use the room there is.
function fitRight(rows, width, nodeWidth, height, gap) {
  const n = rows.length;
  const own = clamp((width - (n - 1) * gap.along[0]) / n, nodeWidth);
  const between = n > 1 ? clamp((width - n * own) / (n - 1), gap.along) : gap.along[0];
  return { width: own, height, gap: between };
}

// Narrow: nodes as wide as the fullest layer lets them be.
function fitDown(rows, width, nodeWidth, height, gap) {
  const room = rows.map((row) => {
    const own = row.filter((cell) => cell.node).length;
    return own === 0 ? Infinity : (width - (row.length - own) * BEND_ROOM - (row.length - 1) * gap.across) / own;
  });
  return { width: clamp(Math.min(...room), nodeWidth), height, gap: gap.along[0] };
}

// The node that an arrow key leads to: the nearest in that direction, sideways distance counting double. Null: none.
export function nearest(places, id, key) {
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [0, 0];
  const from = places.get(id);
  let best = null;
  let least = Infinity;
  for (const [other, at] of places) {
    const ahead = (at.x - from.x) * dx + (at.y - from.y) * dy;
    const beside = Math.abs((at.x - from.x) * dy) + Math.abs((at.y - from.y) * dx);
    if (other !== id && ahead > 1 && ahead + 2 * beside < least) {
      least = ahead + 2 * beside;
      best = other;
    }
  }
  return best;
}
