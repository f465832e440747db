// What `oddflow explore --json` prints, as far as the page shows it. It comes from the server as it is, so each part may be missing.

import type { Parts } from "./histogram";
import type { TrafficPoint } from "./traffic";

export interface LogFigures {
  rows: number;
  first: number | undefined;
  last: number | undefined;
  unreadable: number;
  /** Rows that the filter left out. */
  leftOut: number;
  findings: string[];
  points: TrafficPoint[];
  hours: number[][];
  distributions: Record<string, Parts>;
  correlation: { columns: string[]; values: (number | null)[][] } | undefined;
  tops: { name: string; items: { name: string; rows: number; bytes: number }[] }[];
}

type Json = Record<string, unknown>;

const object = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const numbers = (value: unknown): number[] => list(value).map(number);

const HALF_HOUR = 1800;
const TOPS = [
  ["services", "Services"],
  ["sources", "Originators"],
  ["destinations", "Responders"],
  ["destination_ports", "Ports of responders"],
  ["states", "States"],
  ["protocols", "Protocols"],
] as const;

/** Reads the figures. */
export function figures(statistics: unknown): LogFigures {
  const all = object(statistics);
  const overview = object(all["overview"]);
  const time = object(all["time"]);
  const correlations = object(all["correlations"]);
  const top = object(all["top"]);
  const columns = list(correlations["columns"]).map(text);
  return {
    rows: number(overview["rows"]),
    first: typeof overview["first"] === "number" ? overview["first"] : undefined,
    last: typeof overview["last"] === "number" ? overview["last"] : undefined,
    unreadable: list(object(overview["health"])["problems"]).reduce<number>((sum, one) => sum + number(object(one)["count"]), 0),
    leftOut: number(object(overview["health"])["rows_left_out"]),
    findings: list(all["findings"]).map((finding) => text(object(finding)["title"])),
    points: list(time["days"]).flatMap((day) => halfHours(object(day))),
    hours: list(object(time["hour_of_week"])["rows"]).map(numbers),
    distributions: Object.fromEntries(
      list(all["columns"]).map((column) => {
        const log = object(object(column)["log"]);
        return [text(object(column)["name"]), { edges: numbers(log["edges"]), counts: numbers(log["counts"]) }];
      }),
    ),
    correlation:
      columns.length === 0
        ? undefined
        : { columns, values: list(correlations["log_pearson"]).map((row) => list(row).map((value) => (typeof value === "number" ? value : null))) },
    tops: TOPS.map(([key, name]) => ({ name, items: list(object(top[key])["items"]).map(ranked) })).filter((one) => one.items.length > 0),
  };
}

function halfHours(day: Json): TrafficPoint[] {
  const start = number(day["start"]);
  return list(day["half_hours"]).flatMap((value, at) => {
    const part = object(value);
    const rows = number(part["rows"]);
    if (rows === 0) return [];
    return [{ t: start + at * HALF_HOUR, rows, orig_bytes: number(part["orig_bytes"]), resp_bytes: number(part["resp_bytes"]), failures: 0, peak: null }];
  });
}

function ranked(value: unknown): { name: string; rows: number; bytes: number } {
  const item = object(value);
  const name = text(item["name"]);
  return { name: name === "-" ? "none" : name, rows: number(item["rows"]), bytes: number(item["orig_bytes"]) + number(item["resp_bytes"]) };
}
