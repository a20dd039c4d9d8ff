// Requests to the service. The browser sends what it has of a session by itself; without one it is sent to sign in.

/** What the service answered instead: its problem document. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `the service answered ${status}`);
    this.status = status;
    this.code = document.code ?? "";
    this.errors = document.errors ?? [];
    this.requestId = document.request_id ?? null;
  }
}

/** The service cannot be reached. */
export class Offline extends Error {}

/** The session has ended. As with a service that is away, what was loaded stays, and it goes on by itself. */
export class Ended extends Offline {}

/** @type {(isThere: boolean) => void} */
let tellReach = () => {};
/** Calls `listen` with whether the service was reached, after each request. */
export function onReach(listen) {
  tellReach = listen;
}

/** The address with those parameters that have a value. */
export function address(path, parameters = {}) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, value);
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/** Where one signs in and comes back here. */
export const signInAddress = () => address("/sign-in", { next: location.pathname + location.search });

let tellEnded = () => location.assign(signInAddress());
/** Calls `listen` instead of leaving for the sign-in page when a session has ended. */
export function onEnded(listen) {
  tellEnded = listen;
}

/** @typedef {{ parameters?: object, signal?: AbortSignal, accept?: string, method?: string, body?: unknown }} Asked */

/**
 * The response; throws a Problem, or Offline, or what the signal was aborted with.
 * @param {string} path
 * @param {Asked} [asked]
 */
export async function request(path, { parameters, signal, accept = "application/json", method, body } = {}) {
  let response;
  const kind = body === undefined ? {} : { "content-type": "application/json" };
  try {
    response = await fetch(address(path, parameters), {
      signal,
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      headers: { accept, ...kind },
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    tellReach(false);
    throw new Offline("the service cannot be reached");
  }
  tellReach(true);
  if (response.ok) return response;
  if (response.status === 401) {
    tellEnded();
    throw new Ended("your session has ended; sign in to go on");
  }
  throw new Problem(response.status, await response.json().catch(() => ({})));
}

export const getJson = async (path, parameters, signal) => (await request(path, { parameters, signal })).json();
export const getText = async (path, parameters, signal) =>
  (await request(path, { parameters, signal, accept: "text/plain" })).text();

/**
 * Asks the service to change something; what it answers, null if that is nothing.
 * @param {string} method
 * @param {string} path
 * @param {Asked} [asked]
 */
export async function send(method, path, { parameters, body } = {}) {
  const response = await request(path, { parameters, method, body });
  return response.status === 204 ? null : response.json();
}
