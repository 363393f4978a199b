// Airports and airlines that can be chosen, and how a few typed letters find them.
// SPDX-License-Identifier: Apache-2.0
import {LEARNED_ORIGINS, milesWords} from "./words.js";

async function load(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.json();
}

// An item is {code, title, text, group}; `find` holds its words in lower case.
function item(code, title, text, group) {
  return {code, title, text, group, find: `${title} ${text}`.toLowerCase().split(/[^a-z0-9]+/)};
}

export async function loadLists() {
  const [airports, carriers] = await Promise.all([load("airports.json"), load("carriers.json")]);
  return new Lists(airports, carriers);
}

export class Lists {
  constructor(airports, carriers) {
    this.airports = new Map(airports.map((row) => [row.code, row]));
    this.items = airports.map((row) => item(row.code, `${row.city}, ${row.state}`, row.name, ""));
    this.carriers = carriers.map((row) => item(row.code, row.name, "", ""));
  }

  // New York first: there the model knows what it says.
  origins() {
    const known = this.items.filter((one) => LEARNED_ORIGINS.includes(one.code))
      .map((one) => ({...one, group: "New York, where the model learned"}));
    const others = this.items.filter((one) => !LEARNED_ORIGINS.includes(one.code) && this.hasRoutes(one.code))
      .map((one) => ({...one, group: "Elsewhere"}));
    return [...known, ...others];
  }

  // Where one gets from there; every airport if `any`, or while the origin is open.
  destinations(origin, any) {
    const from = this.airports.get(origin);
    if (any || !from) return this.items;
    return this.items.filter((one) => from.to[one.code] !== undefined)
      .map((one) => ({...one, aside: milesWords(from.to[one.code])}));
  }

  hasRoutes(origin) {
    return Object.keys(this.airports.get(origin)?.to ?? {}).length > 0;
  }

  miles(origin, dest) {
    return this.airports.get(origin)?.to[dest];
  }

  airportWords(code) {
    const row = this.airports.get(code);
    return row && `${row.city}, ${row.state}\n${row.name}`;
  }

  city(code) {
    return this.airports.get(code)?.city ?? code;
  }

  carrierWords(code) {
    return this.carriers.find((one) => one.code === code)?.title;
  }
}

// The items that the typed text fits, best first: a code that begins so, then words that do.
export function search(items, typed) {
  const words = typed.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
  if (words.length === 0) return items;
  const byCode = items.filter((one) => words.length === 1 && one.code.toLowerCase().startsWith(words[0]));
  const byWords = items.filter((one) => !byCode.includes(one)
    && words.every((word) => one.find.some((part) => part.startsWith(word))));
  return [...byCode, ...byWords];
}
