// A text field that offers a list while one types: the editable combobox of the ARIA Authoring Practices. Its value is
// always a code (JFK, DL) or what was typed; the words for it stand below the field, so the field also works alone.
// SPDX-License-Identifier: Apache-2.0
import {search} from "./lists.js";

export class Combobox {
  // options: items() gives what can be chosen now, words(code) says what a code means, placeholder, changed() hears of each choice.
  constructor(input, options) {
    this.input = input;
    this.options = options;
    this.says = document.getElementById(`${input.id}-says`);
    this.hint = this.says.textContent;
    this.list = document.createElement("ul");
    this.shown = [];
    this.active = -1;
    this.moved = false; // by the arrow keys, since the list was opened
    this.code = "";
    this.setUp();
  }

  setUp() {
    const {input, list} = this;
    list.id = `${input.id}-list`;
    list.className = "options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels[0].textContent);
    input.after(list);
    input.placeholder = this.options.placeholder;
    for (const [name, value] of Object.entries({role: "combobox", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": list.id, "aria-haspopup": "listbox"})) {
      input.setAttribute(name, value);
    }
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => this.open(""));
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.leave());
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.shown[Number(option.dataset.index)]);
    });
  }

  get value() {
    return this.code;
  }

  set value(code) {
    this.code = code;
    this.input.value = code;
    this.describe();
  }

  describe() {
    const words = this.options.words(this.code);
    this.says.textContent = words ?? this.hint;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  typed() {
    this.code = this.input.value.trim().toUpperCase();
    this.describe();
    this.open(this.input.value);
    this.setActive(this.input.value.trim() !== "" && this.shown.length > 0 ? 0 : -1);
    this.options.changed();
  }

  open(typed) {
    this.shown = search(this.options.items(), typed);
    this.list.replaceChildren(...this.rows());
    this.list.hidden = false;
    this.moved = false;
    this.input.setAttribute("aria-expanded", "true");
    this.setActive(this.shown.findIndex((one) => one.code === this.code));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.setActive(-1);
  }

  rows() {
    const rows = [];
    let group = "";
    this.shown.forEach((one, index) => {
      if (one.group && one.group !== group) rows.push(this.heading(one.group));
      group = one.group;
      rows.push(this.row(one, index));
    });
    if (rows.length === 0) rows.push(this.heading("Nothing fits. A code can be typed all the same."));
    return rows;
  }

  heading(text) {
    const row = document.createElement("li");
    row.className = "group";
    row.setAttribute("role", "presentation");
    row.textContent = text;
    return row;
  }

  row(one, index) {
    const row = document.createElement("li");
    row.id = `${this.list.id}-${index}`;
    row.dataset.index = String(index);
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(one.code === this.code));
    row.append(span("option-code", one.code), span("option-title", one.title), span("option-text", one.text));
    if (one.aside) row.append(span("option-aside", one.aside));
    return row;
  }

  setActive(index) {
    this.list.querySelector(".active")?.classList.remove("active");
    this.active = index;
    const row = index >= 0 && this.isOpen ? document.getElementById(`${this.list.id}-${index}`) : null;
    if (row) {
      row.classList.add("active");
      row.scrollIntoView({block: "nearest"});
      this.input.setAttribute("aria-activedescendant", row.id);
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  key(event) {
    const last = this.shown.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const down = event.key === "ArrowDown";
      event.preventDefault();
      if (!this.isOpen) this.open("");
      else this.move(down ? (this.active >= last ? 0 : this.active + 1) : (this.active <= 0 ? last : this.active - 1));
    } else if (event.key === "Enter" && this.isOpen && this.active >= 0) {
      event.preventDefault();
      this.choose(this.shown[this.active]);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      this.close();
    }
  }

  move(index) {
    this.moved = true;
    this.setActive(index);
  }

  choose(one) {
    this.value = one.code;
    this.close();
    this.options.changed();
  }

  // What was typed stays if it is a code that means something; else the row that is lit, if there is one.
  leave() {
    const lit = this.isOpen ? this.shown[this.active] : undefined;
    const take = lit && (this.moved || this.options.words(this.code) === undefined);
    if (this.isOpen) this.close();
    if (take) this.choose(lit);
    else this.value = this.code;
  }
}

function span(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
