// The form: what it holds, what is missing, and where a complaint is shown.
// SPDX-License-Identifier: Apache-2.0
import {Combobox} from "./combobox.js";
import {delayWords, milesWords} from "./words.js";

const FIELDS = ["Origin", "Dest", "Carrier", "FlightNum", "FlightDate", "DepDelay"];
const MISSING = {
  Origin: "Say where the flight leaves.",
  Dest: "Say where it lands.",
  Carrier: "Say which airline flies.",
  FlightDate: "Give the day of departure.",
  DepDelay: "Give the minutes, 0 where it left on time.",
};

const byId = (id) => document.getElementById(id);

function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

export class Form {
  constructor(lists) {
    this.lists = lists;
    this.form = byId("form");
    this.form.noValidate = true; // complaints are words next to the field, not balloons
    this.any = byId("any");
    this.boxes = {
      Origin: this.box("Origin", "City or code", () => lists.origins(), (code) => lists.airportWords(code)),
      Dest: this.box("Dest", "City or code", () => lists.destinations(this.boxes.Origin.value, this.any.checked),
        (code) => lists.airportWords(code)),
      Carrier: this.box("Carrier", "Name or code", () => lists.carriers, (code) => lists.carrierWords(code)),
    };
    this.setUpDelay();
    byId("swap").addEventListener("click", () => this.swap());
    this.form.addEventListener("input", (event) => this.complain(event.target.name, ""));
    for (const id of ["swap", "less", "more", "any-label"]) byId(id).hidden = false;
    byId("FlightDate").value ||= today();
    this.fill(Object.fromEntries(new URLSearchParams(location.search)));
  }

  box(name, placeholder, items, words) {
    return new Combobox(byId(name), {items, words, placeholder, changed: () => this.changed(name)});
  }

  setUpDelay() {
    const input = byId("DepDelay");
    const step = (minutes) => {
      input.value = String((Number.parseInt(input.value, 10) || 0) + minutes);
      this.complain("DepDelay", "");
      this.describeDelay();
    };
    byId("less").addEventListener("click", () => step(-5));
    byId("more").addEventListener("click", () => step(5));
    input.addEventListener("input", () => this.describeDelay());
  }

  describeDelay() {
    const says = byId("DepDelay-says");
    this.delayHint ??= says.textContent;
    const value = byId("DepDelay").value;
    says.textContent = value === "" ? this.delayHint : `It ${delayWords(Number(value))}`;
  }

  describeRoute() {
    const miles = this.lists.miles(this.boxes.Origin.value, this.boxes.Dest.value);
    byId("miles").textContent = miles === undefined ? "" : milesWords(miles);
  }

  changed(name) {
    this.complain(name, "");
    if (name === "Origin") this.complain("Dest", "");
    this.describeRoute();
  }

  swap() {
    const {Origin, Dest} = this.boxes;
    [Origin.value, Dest.value] = [Dest.value, Origin.value];
    this.changed("Origin");
  }

  // Takes over what is given, by field; the rest stays.
  fill(values) {
    for (const name of FIELDS) {
      if (typeof values[name] !== "string") continue;
      if (this.boxes[name]) this.boxes[name].value = values[name].toUpperCase();
      else byId(name).value = values[name];
      this.complain(name, "");
    }
    this.describeRoute();
    this.describeDelay();
  }

  read() {
    const question = {};
    for (const name of FIELDS) {
      const value = this.boxes[name]?.value ?? byId(name).value.trim();
      if (value !== "" || name !== "FlightNum") question[name] = value;
    }
    return question;
  }

  // Complains about every field that is missing and goes to the first; true if there is none.
  check(question) {
    const missing = FIELDS.filter((name) => question[name] === "");
    for (const name of FIELDS) this.complain(name, missing.includes(name) ? MISSING[name] : "");
    this.focus(missing[0]);
    return missing.length === 0;
  }

  complain(name, message) {
    const place = byId(`${name}-error`);
    if (!place) return false;
    place.textContent = message;
    byId(name).setAttribute("aria-invalid", String(message !== ""));
    byId(name).closest(".field").classList.toggle("bad", message !== "");
    return true;
  }

  focus(name) {
    if (name) byId(name).focus();
  }
}
