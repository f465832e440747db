// The shapes of the API under short names. They are those of openapi.json, from which schema.d.ts is generated: `npm run schema`.

import type { components } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next?: string | null;
  total: Total;
}
export type Total = Schemas["Total"];
export type Session = Schemas["Session"];
export type Summary = Schemas["Summary"];
export type Incident = Schemas["Incident"];
export type IncidentDetails = Schemas["IncidentDetails"];
export type AuditEntry = Schemas["AuditEntry"];
export type Note = Schemas["Note"];
export type Explanation = Schemas["Explanation"];
export type Nearest = Schemas["Nearest"];
export type Evidence = Schemas["Evidence"];
export type Alert = Schemas["Alert"];
export type AlertDetails = Schemas["AlertDetails"];
export type Charts = Schemas["Charts"];
export type FeatureChart = Schemas["FeatureChart"];
export type Level = Schemas["Level"];
export type Finding = Schemas["Finding"];
export type Overview = Schemas["Overview"];
export type Hour = Schemas["Hour"];
export type DriftDay = Schemas["DriftDay"];
export type Rule = Schemas["Rule"];
export type NewRule = Schemas["NewRule"];
export type Made = Schemas["Made"];
export type Removed = Schemas["Removed"];
export type Preview = Schemas["Preview"];
export type HostRow = Schemas["Host"];
export type HostDetails = Schemas["HostDetails"];
export type Channel = Schemas["Channel"];
export type Histogram = Schemas["Histogram"];
export type Traffic = Schemas["Traffic"];
export type Model = Schemas["ModelItem"];
export type ModelDetails = Schemas["ModelDetails"];
export type ModelHistory = Schemas["ModelHistory"];
export type Forecast = Schemas["Forecast"];
export type Difference = Schemas["Difference"];
export type Settings = Schemas["Settings"];
export type LogChoice = Schemas["Log"];
export type Job = Schemas["Job"];
export type Judged = Schemas["Judged"];
export type Verdict = Schemas["Verdict"];
