// The questions of this session, newest first. They live in sessionStorage: closing the tab forgets them.
// SPDX-License-Identifier: Apache-2.0
import {CLASSES, dayWords, delayWords, flightWords} from "./words.js";

const KEY = "headrace.flight_delay.history";
const MOST = 12;

const byId = (id) => document.getElementById(id);

function stored() {
  try {
    const rows = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(rows) ? rows.filter((row) => row && typeof row.question === "object" && CLASSES[row.label]) : [];
  } catch {
    return []; // no storage here, or what lies in it is not ours
  }
}

function store(rows) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(rows));
  } catch {
    // a browser that keeps nothing still shows what it was asked since the page was loaded
  }
}

function text(tag, name, content) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = content;
  return element;
}

export class History {
  // repeat(question) is called when a row is pressed.
  constructor(repeat) {
    this.rows = stored();
    this.repeat = repeat;
    byId("forget").addEventListener("click", () => this.forget());
    this.draw();
  }

  add(question, label) {
    const same = JSON.stringify(question);
    this.rows = [{question, label}, ...this.rows.filter((row) => JSON.stringify(row.question) !== same)].slice(0, MOST);
    store(this.rows);
    this.draw();
  }

  forget() {
    this.rows = [];
    store(this.rows);
    this.draw();
    byId("Origin").focus();
  }

  draw() {
    byId("history").hidden = this.rows.length === 0;
    byId("history-list").replaceChildren(...this.rows.map((row) => this.row(row)));
  }

  row({question, label}) {
    const row = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "past";
    button.title = "Ask again";
    const route = text("span", "past-route", `${question.Origin} – ${question.Dest}`);
    const flight = text("span", "past-flight",
      `${flightWords(question)}, ${dayWords(question.FlightDate)}, ${delayWords(Number(question.DepDelay))}`);
    button.append(route, flight, text("span", `chip tone-${label}`, CLASSES[label].short));
    button.addEventListener("click", () => this.repeat(question));
    row.append(button);
    return row;
  }
}
