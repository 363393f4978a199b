// Elements, made and changed without markup: whatever comes from a process is text and never HTML.
// SPDX-License-Identifier: Apache-2.0
const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      attribute(element, name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// h('p', {class: 'x', onclick: f}, 'text', otherElement)
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Sets only what differs, so that a page that is drawn each second does not disturb a selection or a screen reader.
export function text(element, value) {
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

// null and false take the attribute away.
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? '' : value);
  }
}

export function shown(element, visible) {
  attribute(element, 'hidden', !visible);
}

// Rows of a table, changed in place. cells: [[text or {text, class, title}], ...] with one entry per column.
export function rows(body, cells) {
  while (body.rows.length > cells.length) {
    body.deleteRow(-1);
  }
  cells.forEach((row, i) => {
    const tr = body.rows[i] ?? body.insertRow();
    row.forEach((cell, j) => {
      const at = tr.cells[j] ?? tr.appendChild(document.createElement(j === 0 ? 'th' : 'td'));
      const { text: value, class: name } = typeof cell === 'object' ? cell : { text: cell };
      attribute(at, 'scope', j === 0 ? 'row' : null);
      attribute(at, 'class', name);
      text(at, value);
    });
    while (tr.cells.length > row.length) {
      tr.deleteCell(-1);
    }
  });
}

// A section with a heading and a table that scrolls by itself where it is wider than the page. columns: [[label, class]].
export function tableSection(title, columns, kind, name) {
  const body = h('tbody');
  const heading = h('h3', { id: `${kind}-${name}` }, title);
  const head = columns.map(([label, kind]) => h('th', { scope: 'col', class: kind }, label));
  const table = h('table', {}, h('thead', {}, h('tr', {}, ...head)), body);
  const note = h('p', { class: 'muted note' });
  const scroll = h('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-labelledby': `${kind}-${name}` }, table);
  return { element: h('section', { class: kind }, heading, scroll, note), heading, body, note, scroll };
}
