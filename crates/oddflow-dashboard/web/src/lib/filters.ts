// The filters of lists, as they stand in the page's address. The API has the same names.

import { sought } from "./network";

export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type SeverityName = (typeof SEVERITIES)[number];

export const FAMILIES = [
  { name: "fan", words: "New destinations, ports" },
  { name: "rate", words: "Many connections" },
  { name: "fail", words: "Failed connections" },
  { name: "volume", words: "Bytes" },
  { name: "regular", words: "Regular calls" },
  { name: "novelty", words: "Never seen before" },
  { name: "application", words: "Application logs" },
] as const;

/** A family in words, with the name that the command line has for it: `Bytes (volume)`. */
export function familyNamed(name: string): string {
  const words = FAMILIES.find((family) => family.name === name)?.words;
  return words === undefined ? `family ${name}` : `${words} (${name})`;
}

export const STATES = [
  { name: "open", words: "Open", meaning: "raised, not hidden, without a verdict" },
  { name: "raised", words: "Raised", meaning: "raised and not hidden, whatever the verdict" },
  { name: "confirmed", words: "Confirmed", meaning: "judged to be bad" },
  { name: "benign", words: "Benign", meaning: "judged to be harmless" },
  { name: "hidden", words: "Hidden", meaning: "hidden by a rule" },
  { name: "over_budget", words: "Over budget", meaning: "kept, but not told: the day's budget was used up" },
  { name: "all", words: "All", meaning: "whatever became of them" },
] as const;
export type StateName = (typeof STATES)[number]["name"];

export const INCIDENT_SORTS = ["severity", "score", "newest", "oldest"] as const;
export const ALERT_SORTS = ["score", "newest", "oldest"] as const;

/** What a filter by a severity lets through, in words: it means that one and all that are worse. */
export function severityWords(level: string): string {
  return level === "critical" ? "critical" : `${level} or worse`;
}

/** What an address may ask of a list, besides period and sensor. */
const NAMES = ["host", "local_host", "port", "service", "family", "severity", "state", "q", "model", "min_score", "incident", "sort", "cursor"] as const;
export type FilterName = (typeof NAMES)[number];
export type Filter = Partial<Record<FilterName, string>>;

/** Those that narrow a list and can be taken away one by one; order and page are none. */
const NARROWING: readonly FilterName[] = ["q", "host", "local_host", "port", "service", "family", "severity", "model", "min_score", "incident"];

/** The filter of an address. */
export function filterOf(query: URLSearchParams): Filter {
  const filter: Filter = {};
  for (const name of NAMES) {
    const value = query.get(name)?.trim();
    if (value !== undefined && value !== "") filter[name] = value;
  }
  return filter;
}

/** One condition of a filter in words, and what to change in the address to take it away. */
export interface Chip {
  name: FilterName;
  words: string;
}

/** The conditions of a filter that can be taken away. */
export function chips(filter: Filter): Chip[] {
  return NARROWING.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [{ name, words: words(name, value) }];
  });
}

function words(name: FilterName, value: string): string {
  switch (name) {
    case "q":
      return `text: ${value}`;
    case "severity":
      return (SEVERITIES as readonly string[]).includes(value) ? severityWords(value) : `severity ${value}`;
    case "family":
      return familyNamed(value);
    case "local_host":
      return `local host ${value}`;
    case "service":
      return value === "-" ? "no service" : `service ${value}`;
    case "min_score":
      return `score from ${value}`;
    case "model":
      return `model ${value.slice(0, 8)}`;
    case "incident":
      return `incident #${value}`;
    default:
      return `${name} ${value}`;
  }
}

/** What the address of an empty filter lacks: for a button that takes all conditions away. */
export function cleared(): Record<string, null> {
  return Object.fromEntries([...NARROWING, "cursor"].map((name) => [name, null]));
}

/** A filter as parameters of the API, with a period and a sensor. */
export function asked(
  filter: Filter,
  more: { from?: number | undefined; to?: number | undefined; sensor?: string | null; limit?: number },
): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = filter[name];
    // The beginning of an address is a network; what is none at all the server has words for.
    if (value !== undefined) query.set(name, name === "host" || name === "local_host" ? (sought(value).network ?? value) : value);
  }
  if (more.from !== undefined) query.set("from", String(more.from));
  if (more.to !== undefined) query.set("to", String(more.to));
  if (more.sensor !== null && more.sensor !== undefined) query.set("sensor", more.sensor);
  if (more.limit !== undefined) query.set("limit", String(more.limit));
  return query;
}
