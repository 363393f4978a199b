// The page: asks, waits, shows. One question is under way at a time; a new one takes the place of the old.
// SPDX-License-Identifier: Apache-2.0
import {AskError, post, wait} from "./ask.js";
import {Answer} from "./answer.js";
import {Form} from "./form.js";
import {History} from "./history.js";
import {loadLists} from "./lists.js";

class Page {
  constructor(lists) {
    this.form = new Form(lists);
    this.answer = new Answer(lists);
    this.history = new History((question) => this.repeat(question));
    this.form.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  submit() {
    const question = this.form.read();
    if (this.form.check(question)) this.ask(question);
  }

  repeat(question) {
    this.form.fill({FlightNum: "", ...question});
    this.submit();
  }

  // id: of a question that was accepted before and still waits for its answer.
  async ask(question, id) {
    this.current?.abort();
    const current = this.current = new AbortController();
    const start = performance.now();
    this.answer.waiting(question, () => current.abort());
    try {
      const accepted = id ?? await post(question, current.signal);
      const acceptedMs = performance.now() - start;
      const found = await wait(accepted, current.signal);
      const answeredMs = performance.now() - start;
      if (current !== this.current) return;
      this.answer.answered(question, found, {id: accepted, acceptedMs, answeredMs});
      this.history.add(question, found.label);
      performance.measure("headrace-answer", {start, end: start + answeredMs});
    } catch (error) {
      if (current === this.current) this.fail(question, error);
    }
  }

  fail(question, error) {
    if (!(error instanceof AskError)) throw error;
    if (error.code === "cancelled") this.cancelled();
    else if (error.code === "late") this.late(question, error);
    else if (error.status >= 400 && error.status < 500) this.refused(question, error);
    else this.away(question, error);
  }

  cancelled() {
    this.answer.idle();
    this.answer.announce("Cancelled.");
    document.getElementById("ask").focus();
  }

  refused(question, error) {
    const [name, message] = complaint(question, error);
    this.answer.idle();
    if (this.form.complain(name, message)) {
      this.form.focus(name);
      return;
    }
    this.answer.failed({eyebrow: "Refused", headline: "This question cannot be answered.", detail: message,
      actions: [["Change the question", () => this.form.focus("Origin")]]});
  }

  away(question, error) {
    const offline = error.code === "offline";
    this.answer.failed({
      eyebrow: "No answer",
      headline: offline ? "The service cannot be reached from here." : "The service takes no questions at the moment.",
      detail: offline ? "Is it running, and are you online?" : error.message,
      actions: [["Try again", () => this.ask(question)]]});
  }

  late(question, error) {
    this.answer.failed({
      eyebrow: "No answer yet", headline: "The question is in, but nobody has answered it.",
      detail: "Kafka keeps it: as soon as the pipeline runs, it is answered. You can go on waiting or ask anew.",
      actions: [["Go on waiting", () => this.ask(question, error.id)], ["Ask anew", () => this.ask(question)]]});
  }
}

// The field that a refusal is about, and what to say there: by the node that refused, or by the name in its message.
function complaint(question, error) {
  if (error.node === "distance") {
    return ["Dest", `No distance is known from ${question.Origin} to ${question.Dest}, so nothing can be predicted.`];
  }
  if (error.node === "calendar") return ["FlightDate", "There is no such day."];
  return [/'(\w+)'/.exec(error.message)?.[1], error.message];
}

loadLists().then((lists) => new Page(lists)).catch((error) => {
  document.getElementById("headline").textContent = "The page could not be loaded whole.";
  document.getElementById("detail").textContent = `${error.message}. Loading it again may help.`;
});
