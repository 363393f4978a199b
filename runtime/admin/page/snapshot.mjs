// Takes /topology as it came and returns it with every field of the kind that the page counts on. A process of another
// version, or another process at that port, gives a page with dashes and not a broken one.
// SPDX-License-Identifier: Apache-2.0
const NUMBERS = ['in', 'out', 'dropped', 'failed', 'bytes', 'processing_ns', 'rows'];
const KINDS = ['source', 'table', 'step', 'sink', 'dead_letters', 'endpoint'];

const number = (value, otherwise = 0) => (typeof value === 'number' && Number.isFinite(value) ? value : otherwise);
const string = (value) => (typeof value === 'string' ? value : '');
const list = (value) => (Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : []);
const object = (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});

function quantiles(value) {
  const from = object(value);
  const out = {};
  for (const name of ['count', 'p50', 'p90', 'p99', 'p999', 'max']) {
    out[name] = number(from[name], null);
  }
  return value === undefined || value === null ? null : out;
}

function metric(value) {
  const { name, labels, value: its } = object(value);
  const label = Object.entries(object(labels)).map(([key, text]) => `${key} ${text}`).join(', ');
  return { name: string(name), label, value: number(its, null) };
}

function node(value) {
  const from = object(value);
  const out = {
    name: string(from.name),
    kind: KINDS.includes(from.kind) ? from.kind : 'step',
    type: string(from.type),
    connection: string(from.connection),
    from: list(from.from).map(string),
    table: typeof from.table === 'string' ? from.table : null,
    trouble: typeof from.trouble === 'string' && from.trouble !== '' ? from.trouble : null,
    armed: from.armed !== false,
    latency_us: quantiles(from.latency_us),
    metrics: list(from.metrics).map(metric),
  };
  for (const key of NUMBERS) {
    out[key] = number(from[key]);
  }
  return out;
}

function numbersOf(keys, texts) {
  return (value) => {
    const from = object(value);
    return Object.fromEntries([...keys.map((key) => [key, number(from[key], null)]),
      ...texts.map((key) => [key, string(from[key])])]);
  };
}

const partition = numbersOf(['partition', 'thread', 'position', 'committed', 'end', 'lag'], ['source', 'topic']);
const budget = numbersOf(['bytes', 'limit'], ['budget']);
const letter = numbersOf(['time_ms', 'partition', 'offset'], ['topic', 'node', 'code', 'reason']);

function topology(value) {
  const from = object(value);
  return {
    name: string(from.name),
    description: string(from.description),
    file: string(from.file),
    group: string(from.group),
    guarantee: string(from.guarantee),
    state: string(from.state),
    failure: string(from.failure),
    waiting_for: list(from.waiting_for).map(string),
    threads: number(from.threads, null),
    nodes: list(from.nodes).map(node),
    partitions: list(from.partitions).map(partition),
    latency_us: quantiles(from.latency_us),
    latency_recent_us: quantiles(from.latency_recent_us),
    end_to_end_us: quantiles(from.end_to_end_us),
    counters: Object.entries(object(from.counters)).filter(([key, its]) => typeof its === 'number' && key !== 'lag'),
    memory: list(from.memory).map(budget),
    dead_letters: list(from.dead_letters).map(letter),
  };
}

export function checked(value) {
  const from = object(value);
  if (!Array.isArray(from.topologies)) {
    throw new Error('what answers there is not headrace');
  }
  return {
    version: string(from.version),
    time_ms: number(from.time_ms),
    started_ms: number(from.started_ms),
    ready: from.ready === true,
    cpu_seconds: number(object(from.process).cpu_seconds, null),
    resident_bytes: number(object(from.process).resident_bytes, null),
    topologies: from.topologies.map(topology),
  };
}

// The samples of GET /tap/STEP: [{place, outcome, code, before, after, gone}], before and after as objects or null.
export function checkedSamples(value) {
  return list(object(value).samples).map((sample) => {
    const from = object(sample);
    const fields = (its) => (its === null || its === undefined ? null : object(its));
    return {
      place: `${string(from.topic)}[${number(from.partition)}]@${number(from.offset)}`,
      outcome: string(from.outcome),
      code: string(from.code),
      before: fields(from.before),
      after: fields(from.after),
      gone: list(from.gone).map(string),
    };
  });
}

// What became of each field: [{name, before, after, change}], changed ones first; change is added, changed, removed or
// same. `after` has only what the node made and `gone` names what it took away; the rest goes on as it came. Values are
// their JSON.
export function compare({ before, after, gone = [] }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const json = (fields, name) => (fields !== null && Object.hasOwn(fields, name) ? JSON.stringify(fields[name]) : null);
  const compared = names.map((name) => {
    const was = json(before, name);
    const made = json(after, name);
    const is = after === null || (made === null && gone.includes(name)) ? null : made ?? was;
    return { name, before: was, after: is, change: changeOf(was, is, after) };
  });
  return [...compared.filter((field) => field.change !== 'same'), ...compared.filter((field) => field.change === 'same')];
}

function changeOf(was, is, after) {
  if (after === null || was === is) {
    return 'same';
  }
  if (is === null) {
    return 'removed';
  }
  return was === null ? 'added' : 'changed';
}
