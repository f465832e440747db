// One function for each route of the API.

import { change, get } from "./client";
import type {
  Alert,
  AlertDetails,
  AuditEntry,
  Charts,
  Difference,
  DriftDay,
  Forecast,
  HostDetails,
  HostRow,
  Incident,
  IncidentDetails,
  Job,
  Judged,
  LogChoice,
  Made,
  Model,
  ModelDetails,
  ModelHistory,
  NewRule,
  Note,
  Overview,
  Page,
  Preview,
  Removed,
  Rule,
  Settings,
  Traffic,
  Verdict,
} from "./types";

type Signal = AbortSignal | undefined;
const id = encodeURIComponent;

/** Parameters of a query; what is not there is left out. */
export function query(values: Record<string, string | number | null | undefined>): URLSearchParams {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    // A sensor may be without a name; of all else what is empty is not asked for.
    if (value !== null && value !== undefined && (value !== "" || name === "sensor")) made.set(name, String(value));
  }
  return made;
}

export const overview = (asked: URLSearchParams, signal: Signal): Promise<Overview> => get("/overview", asked, signal);

export const incidents = (asked: URLSearchParams, signal: Signal): Promise<Page<Incident>> => get("/incidents", asked, signal);
export const incident = (number: string, signal: Signal): Promise<IncidentDetails> => get(`/incidents/${id(number)}`, undefined, signal);
export const judge = (ids: number[], verdict: Verdict | null, note?: string): Promise<Judged> =>
  change("POST", "/incidents/verdict", note === undefined || note === "" ? { ids, verdict } : { ids, verdict, note });
export const note = (number: number, text: string): Promise<Note> => change("POST", `/incidents/${number}/notes`, { text });

export const alerts = (asked: URLSearchParams, signal: Signal): Promise<Page<Alert>> => get("/alerts", asked, signal);
export const alert = (number: string, signal: Signal): Promise<AlertDetails> => get(`/alerts/${id(number)}`, undefined, signal);
export const charts = (number: number, signal: Signal): Promise<Charts> =>
  get(`/alerts/${number}/charts`, undefined, signal);

export const suppressions = (signal: Signal): Promise<Page<Rule>> => get("/suppressions", undefined, signal);
export const suggest = (ids: number[]): Promise<{ expression: string }> => change("POST", "/suppressions/suggest", { ids });
export const preview = (expression: string, days: number, signal?: AbortSignal): Promise<Preview> =>
  change("POST", "/suppressions/preview", { expression, days }, signal);
export const suppress = (rule: NewRule): Promise<Made> => change("POST", "/suppressions", rule);
export const unsuppress = (rule: number): Promise<Removed> => change("DELETE", `/suppressions/${rule}`);

export const hosts = (asked: URLSearchParams, signal: Signal): Promise<Page<HostRow>> => get("/hosts", asked, signal);
export const host = (address: string, asked: URLSearchParams, signal: Signal): Promise<HostDetails> =>
  get(`/hosts/${id(address)}`, asked, signal);

export const explore = (asked: URLSearchParams, signal: Signal): Promise<Traffic> => get("/explore", asked, signal);
export const logs = (signal: Signal): Promise<Page<LogChoice>> => get("/explore/logs", undefined, signal);
export const exploreLog = (log: string, filter: string): Promise<{ job: number }> => change("POST", "/explore/log", { log, filter });
export const job = (number: number, signal: Signal): Promise<Job> => get(`/explore/jobs/${number}`, undefined, signal);

export const models = (signal: Signal): Promise<Page<Model>> => get("/models", undefined, signal);
export const model = (name: string, signal: Signal): Promise<ModelDetails> => get(`/models/${id(name)}`, undefined, signal);
export const forecast = (name: string, budget: number, signal: Signal): Promise<Forecast> =>
  get(`/models/${id(name)}/forecast`, query({ budget }), signal);
export const difference = (a: string, b: string, signal: Signal): Promise<Difference> => get("/models/diff", query({ a, b }), signal);
export const modelHistory = (signal: Signal): Promise<Page<ModelHistory>> => get("/models/history", undefined, signal);
export const activate = (name: string): Promise<unknown> => change("POST", `/models/${id(name)}/activate`, {});
export const rollback = (): Promise<unknown> => change("POST", "/models/rollback", {});
export const drift = (asked: URLSearchParams, signal: Signal): Promise<Page<DriftDay>> => get("/drift", asked, signal);

export const settings = (signal: Signal): Promise<Settings> => get("/settings", undefined, signal);
export const audit = (asked: URLSearchParams, signal: Signal): Promise<Page<AuditEntry>> => get("/audit", asked, signal);
