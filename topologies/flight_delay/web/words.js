// What the page says in words: the four answers, delays, days, durations.
// SPDX-License-Identifier: Apache-2.0

// By class of the model. `row` labels a bar, `headline` is the answer, `short` fits into the history.
export const CLASSES = [
  {row: "More than 15 minutes early", headline: "It lands more than 15 minutes early.", short: "15+ early"},
  {row: "Up to 15 minutes early", headline: "It lands early, by up to 15 minutes.", short: "0–15 early"},
  {row: "Less than 30 minutes late", headline: "It lands on time, or less than 30 minutes late.", short: "0–30 late"},
  {row: "30 minutes late or more", headline: "It lands 30 minutes late or more.", short: "30+ late"},
];

// The model met no other origins; the rest is to it one unknown airport.
export const LEARNED_ORIGINS = ["EWR", "JFK", "LGA"];

const DAY = new Intl.DateTimeFormat("en-GB",
  {weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC"});
const MILES = new Intl.NumberFormat("en-US");

export function delayWords(minutes) {
  const size = Math.abs(minutes);
  const unit = size === 1 ? "minute" : "minutes";
  if (!Number.isFinite(minutes)) return "";
  if (minutes === 0) return "left on time";
  return `left ${size} ${unit} ${minutes > 0 ? "late" : "early"}`;
}

export function dayWords(date) {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? date : DAY.format(time);
}

export function milesWords(miles) {
  return `${MILES.format(miles)} mi`;
}

export function durationWords(ms) {
  return ms < 995 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function percentWords(share) {
  const percent = share * 100;
  if (percent > 0 && percent < 0.5) return "<1 %";
  if (percent < 100 && percent > 99.5) return ">99 %";
  return `${Math.round(percent)} %`;
}

export function flightWords(question) {
  return `${question.Carrier}${question.FlightNum ? ` ${question.FlightNum}` : ""}`;
}
