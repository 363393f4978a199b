// One question to the service: post the form, then look for its answer, quickly at first.
// SPDX-License-Identifier: Apache-2.0

const ROUTE = "predict/classify_realtime"; // beside the page: a proxy may put both elsewhere
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;
const GIVE_UP_MS = 60000;

// Why there is no answer. code: that of the service, or "offline", "late", "cancelled"; node: the part of the
// topology that refused.
export class AskError extends Error {
  constructor(code, message, details = {}) {
    super(message);
    Object.assign(this, {code, status: 0, id: undefined, node: undefined, ...details});
  }
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, {cache: "no-store", ...options});
  } catch (error) {
    if (error.name === "AbortError") throw new AskError("cancelled", "You cancelled the question.");
    throw new AskError("offline", "The service cannot be reached from here.");
  }
  const body = await response.json().catch(() => null) ?? {};
  if (response.ok) return body;
  throw new AskError(String(body.code ?? "error"), sentence(String(body.message ?? `The service answered ${response.status}`)),
    {status: response.status, node: body.node});
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

// The id under which the question was accepted: Kafka has it then.
export async function post(question, signal) {
  const body = await call(ROUTE, {method: "POST", body: new URLSearchParams(question), signal});
  if (typeof body.id !== "string") throw new AskError("error", "The service accepted the question without an id.");
  return body.id;
}

function checked(prediction, id) {
  const label = prediction?.Prediction;
  if (!Number.isInteger(label) || label < 0 || label > 3) {
    throw new AskError("error", "The service answered with something that is no class from 0 to 3.", {id});
  }
  const shares = prediction.Probability;
  const usable = Array.isArray(shares) && shares.length === 4 && shares.every(Number.isFinite);
  return {label, shares: usable ? shares : undefined};
}

// The prediction, as soon as it is there. Troubles that may pass are sat out until the time is over.
export async function wait(id, signal) {
  const path = `${ROUTE}/response/${encodeURIComponent(id)}`;
  const end = performance.now() + GIVE_UP_MS;
  let delay = FIRST_WAIT_MS;
  for (;;) {
    try {
      const body = await call(path, {signal});
      if (body.status === "OK") return checked(body.prediction, id);
    } catch (error) {
      const passes = error.code === "offline" || error.status >= 500;
      if (!passes) throw Object.assign(error, {id});
    }
    if (performance.now() + delay > end) {
      throw new AskError("late", "There is no answer after 60 seconds.", {id});
    }
    await pause(delay, signal);
    delay = Math.min(delay * 1.5, LONGEST_WAIT_MS);
  }
}
