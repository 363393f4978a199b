// The card with the answer: one of idle, waiting, answered, failed. The ladder of the four classes stays in its place
// in all of them, so nothing jumps when the answer comes.
// SPDX-License-Identifier: Apache-2.0
import {CLASSES, LEARNED_ORIGINS, dayWords, delayWords, durationWords, flightWords, percentWords} from "./words.js";

const SHOW_WAITING_MS = 150; // an answer that comes sooner needs no word about waiting

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
    this.announce("");
    const show = () => {
      this.draw(-1, undefined);
      this.say({state: "waiting", eyebrow: "Asked", headline: "The question is on its way to the trees and back…", detail: this.trip(question)});
      this.action("Cancel", cancel);
      this.announce("Asked. Waiting for the answer.");
    };
    clearTimeout(this.timer);
    this.timer = setTimeout(show, SHOW_WAITING_MS);
  }

  answered(question, {label, shares}, {id, acceptedMs, answeredMs}) {
    const foreign = !LEARNED_ORIGINS.includes(question.Origin);
    this.say({
      state: "answered", eyebrow: "Most likely", headline: CLASSES[label].headline, detail: this.trip(question),
      took: [`Answered in ${durationWords(answeredMs)}. Kafka had the question after ${durationWords(acceptedMs)}.`,
        `Request ${id}`],
      caveat: foreign ? `The model learned only from flights that left New York. To it ${question.Origin} is an `
        + "unknown airport: take the answer as a rough guess." : "",
    });
    this.draw(label, shares);
    this.card.dataset.tone = String(label);
    this.focus();
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
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.card.scrollIntoView({block: "nearest", behavior: calm ? "auto" : "smooth"});
  }
}
