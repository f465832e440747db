// Requests to the API: ETags so that what did not change is not sent again, the token against forged requests, and
// errors as the server words them (RFC 9457).

const BASE = "/api/v1";

/** How many answers are kept to compare with. */
const KEPT = 80;

/** What went wrong, in words, and what to do. */
export class Problem extends Error {
  override name = "Problem";

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
  ) {
    super(detail === "" ? title : `${title}: ${detail}`);
  }
}

interface Answer {
  etag: string;
  data: unknown;
}

const answers = new Map<string, Answer>();
let csrf = "";
let signedOut: () => void = () => undefined;

/** Sets the token that every change must carry. */
export function useCsrf(token: string): void {
  csrf = token;
}

/** Says what to do when the server answers that nobody is signed in. */
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

/** The address of a route, for links such as exports. */
export function address(path: string, query?: URLSearchParams): string {
  const text = query?.toString() ?? "";
  return `${BASE}${path}${text === "" ? "" : `?${text}`}`;
}

/** Asks for a resource. */
export async function get<T>(path: string, query?: URLSearchParams, signal?: AbortSignal): Promise<T> {
  const url = address(path, query);
  const known = answers.get(url);
  const headers = new Headers({ accept: "application/json" });
  if (known !== undefined) headers.set("if-none-match", known.etag);
  const response = await send(url, { headers, signal: signal ?? null });
  if (response.status === 304 && known !== undefined) {
    keep(url, known);
    return known.data as T;
  }
  const data = (await read(response)) as T;
  const etag = response.headers.get("etag");
  if (etag !== null) keep(url, { etag, data });
  return data;
}

/** Changes something. */
export async function change<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers = new Headers({ accept: "application/json", "content-type": "application/json", "x-csrf-token": csrf });
  const init: RequestInit = { method, headers, signal: signal ?? null };
  if (body !== undefined) init.body = JSON.stringify(body);
  return (await read(await send(address(path), init))) as T;
}

/** Forgets all answers: somebody else may be signed in. */
export function forget(): void {
  answers.clear();
}

function keep(url: string, answer: Answer): void {
  answers.delete(url);
  answers.set(url, answer);
  const oldest = answers.keys().next();
  if (answers.size > KEPT && oldest.done === false) answers.delete(oldest.value);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Problem(0, "The server does not answer", "", "Look whether oddflow still runs. The page goes on by itself when it is back.");
  }
}

async function read(response: Response): Promise<unknown> {
  if (response.ok) {
    if (response.status === 204) return undefined;
    const text = await response.text();
    return text === "" ? undefined : JSON.parse(text);
  }
  const problem = await problemOf(response);
  if (response.status === 401) signedOut();
  throw problem;
}

async function problemOf(response: Response): Promise<Problem> {
  const text = (name: string, from: Record<string, unknown>): string => {
    const value = from[name];
    return typeof value === "string" ? value : "";
  };
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) {
      const fields = body as Record<string, unknown>;
      return new Problem(response.status, text("title", fields) || fallback(response.status), text("detail", fields), text("remedy", fields));
    }
  } catch {
    // Not JSON: the status has to do.
  }
  return new Problem(response.status, fallback(response.status), "", "");
}

function fallback(status: number): string {
  switch (status) {
    case 401:
      return "You are not signed in";
    case 404:
      return "There is no such thing";
    case 429:
      return "Too many requests";
    default:
      return `The server answered with ${status}`;
  }
}
