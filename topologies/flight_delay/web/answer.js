// The card with the answer: one of idle, waiting, answered, failed. The ladder of the four classes stays in its place
// in all of them, so nothing jumps when the answer comes.
// SPDX-License-Identifier: Apache-2.0
import {CLASSES, LEARNED_ORIGINS, dayWords, delayWords, durationWords, flightWords, percentWords} from "./words.js";

const SHOW_WAITING_MS = 150; // an answer that comes sooner needs no word about waiting
const COUNT_FROM_S = 2;

const byId = (id) => document.getElementById(id);

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function rung(one, index) {
  const row = element("li", `rung tone-${index}`);
  const bar = element("div", "bar");
  const fill = element("div", "fill");
  bar.append(fill);
  bar.setAttribute("aria-hidden", "true"); // the percentage beside it says the same
  const share = element("span", "share");
  row.append(element("span", "rung-name", one.row), share, bar);
  return {row, fill, share};
}

export class Answer {
  constructor(lists) {
    this.lists = lists;
    this.card = byId("answer");
    this.rungs = CLASSES.map(rung);
    this.idleWords = {eyebrow: byId("eyebrow").textContent, headline: byId("headline").textContent,
      detail: byId("detail").textContent};
    byId("ladder").append(...this.rungs.map((one) => one.row));
  }

  say({state, eyebrow, headline, detail = "", took = [], caveat = ""}) {
    clearTimeout(this.timer);
    clearInterval(this.clock);
    this.card.dataset.state = state;
    byId("eyebrow").textContent = eyebrow;
    byId("headline").textContent = headline;
    byId("detail").textContent = detail;
    byId("took").replaceChildren(...took.map((line) => element("p", "", line)));
    byId("caveat").textContent = caveat;
    byId("caveat").hidden = caveat === "";
    byId("actions").replaceChildren();
  }

  announce(text) {
    byId("live").textContent = text;
  }

  action(label, run, kind = "secondary") {
    const button = element("button", kind, label);
    button.type = "button";
    button.addEventListener("click", run);
    byId("actions").append(button);
  }

  // shares may be absent: then only the class is known.
  draw(label, shares) {
    this.rungs.forEach(({row, fill, share}, index) => {
      const chosen = index === label;
      row.classList.toggle("chosen", chosen);
      if (chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      share.textContent = shares ? percentWords(shares[index]) : "";
      fill.style.width = `${shares ? shares[index] * 100 : (chosen ? 100 : 0)}%`;
    });
  }

  trip(question) {
    const cities = `${this.lists.city(question.Origin)} to ${this.lists.city(question.Dest)}`;
    return `${flightWords(question)}, ${cities}, ${dayWords(question.FlightDate)}, ` +
      `${delayWords(Number(question.DepDelay))}.`;
  }

  waiting(question, cancel) {
    const start = performance.now();
    const count = () => {
      const seconds = Math.floor((performance.now() - start) / 1000);
      if (seconds >= COUNT_FROM_S) byId("took").textContent = `Waiting for ${seconds} seconds, at most for 60.`;
    };
    this.announce("");
    const show = () => {
      this.draw(-1, undefined);
      this.say({state: "waiting", eyebrow: "Asked", headline: "The question is on its way to the trees and back…", detail: this.trip(question)});
      this.action("Cancel", cancel);
      this.clock = setInterval(count, 1000);
      this.comeIntoView();
      this.announce("Asked. Waiting for the answer.");
    };
    clearTimeout(this.timer);
    this.timer = setTimeout(show, SHOW_WAITING_MS);
  }

  answered(question, {label, shares}, {id, acceptedMs, answeredMs}) {
    this.say({
      state: "answered", eyebrow: "Most likely", headline: CLASSES[label].headline, detail: this.trip(question),
      took: [`Answered in ${durationWords(answeredMs)}. Kafka had the question after ${durationWords(acceptedMs)}.`,
        `Request ${id}`],
      caveat: this.caveat(question),
    });
    this.draw(label, shares);
    this.card.dataset.tone = String(label);
    this.focus();
  }

  // What the model never met, and so treats like everything else that it never met.
  caveat({Origin, Carrier}) {
    const unknown = [LEARNED_ORIGINS.includes(Origin) ? [] : `the airport ${Origin}`,
      this.lists.carrierWords(Carrier) ? [] : `the airline ${Carrier}`].flat();
    if (unknown.length === 0) return "";
    return "The model learned from flights that left New York in 2013, and never met "
      + `${unknown.join(" nor ")}: take its answer as a rough guess.`;
  }

  // actions: [label, function] pairs; the first is the one to press.
  failed({eyebrow, headline, detail, actions}) {
    this.draw(-1, undefined);
    this.say({state: "failed", eyebrow, headline, detail});
    actions.forEach(([label, run], index) => this.action(label, run, index === 0 ? "primary" : "secondary"));
    this.focus();
  }

  idle() {
    this.draw(-1, undefined);
    this.say({state: "idle", ...this.idleWords});
  }

  focus() {
    this.announce("");
    byId("headline").focus({preventScroll: true});
    this.comeIntoView();
  }

  comeIntoView() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.card.scrollIntoView({block: "nearest", behavior: calm ? "auto" : "smooth"});
  }
}
