// The period that a page shows: a stretch back from the newest row of the log, or from one time to another.

export const HOUR = 3600;
export const DAY = 86_400;

/** Stretches back from the newest row. The wall clock plays no part, so that logs of the past show something. */
export const PRESETS = [
  { name: "1h", words: "Last hour", seconds: HOUR },
  { name: "6h", words: "Last 6 hours", seconds: 6 * HOUR },
  { name: "24h", words: "Last 24 hours", seconds: DAY },
  { name: "3d", words: "Last 3 days", seconds: 3 * DAY },
  { name: "7d", words: "Last 7 days", seconds: 7 * DAY },
  { name: "30d", words: "Last 30 days", seconds: 30 * DAY },
  { name: "90d", words: "Last 90 days", seconds: 90 * DAY },
  { name: "all", words: "All that is kept", seconds: Number.POSITIVE_INFINITY },
] as const;

export type PresetName = (typeof PRESETS)[number]["name"];

export const DEFAULT_PRESET: PresetName = "7d";

/** A period as the page's address says it; one of one's own may be open at one end. */
export type Period = { kind: "preset"; name: PresetName } | { kind: "custom"; from: number | undefined; to: number | undefined };

/** Both ends in seconds since 1970; an end that is not there is open. */
export interface Range {
  from: number | undefined;
  to: number | undefined;
}

/** The period of an address; what is wrong in it counts as not there: {@link periodWrong} says what that is. */
export function periodOf(query: URLSearchParams): Period {
  const from = time(query.get("from"));
  const to = time(query.get("to"));
  if ((from ?? to) !== undefined && (from ?? -Infinity) < (to ?? Infinity)) return { kind: "custom", from, to };
  const name = query.get("period");
  const preset = PRESETS.find((one) => one.name === name);
  return { kind: "preset", name: preset?.name ?? DEFAULT_PRESET };
}

/** What is wrong with the period of an address, as a sentence; undefined where nothing is. */
export function periodWrong(query: URLSearchParams): string | undefined {
  for (const name of ["from", "to"]) {
    const text = query.get(name)?.trim() ?? "";
    if (text !== "" && time(text) === undefined) return `“${text}” is no time such as 2026-03-06, 2026-03-06T14:30:00Z or 1772755200.`;
  }
  const from = time(query.get("from"));
  const to = time(query.get("to"));
  if (from !== undefined && to !== undefined && from >= to) return "It ends before it begins.";
  const name = query.get("period");
  if (name !== null && !PRESETS.some((one) => one.name === name)) return `There is no period “${name}”.`;
  return undefined;
}

/** A date, with a time or without, in a zone or in UTC. A plus that was not encoded is a space in a query. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+ -]\d\d:\d\d)?)?$/;

/** Seconds since 1970, or a date, as the API takes both. */
function time(text: string | null): number | undefined {
  const words = text?.trim() ?? "";
  if (words === "") return undefined;
  const parts = MOMENT.exec(words);
  const [, date, clock = "00:00", zone = "Z"] = parts ?? [];
  const value = parts === null ? Number(words) : Date.parse(`${date}T${clock}${zone.toUpperCase().replace(" ", "+")}`) / 1000;
  return Number.isFinite(value) ? value : undefined;
}

/** What to change in an address so that it says a period. */
export function periodChanges(period: Period): Record<string, string | null> {
  if (period.kind === "custom") {
    return { period: null, from: period.from === undefined ? null : String(Math.floor(period.from)), to: period.to === undefined ? null : String(Math.ceil(period.to)) };
  }
  return { period: period.name === DEFAULT_PRESET ? null : period.name, from: null, to: null };
}

/** Its two ends. Those of a preset lie on whole hours, so that they stay the same while rows of an hour come. */
export function rangeOf(period: Period, newest: number | null | undefined, oldest?: number | null): Range {
  if (period.kind === "custom") return { from: period.from, to: period.to };
  const preset = PRESETS.find((one) => one.name === period.name);
  if (preset === undefined || newest === null || newest === undefined) return { from: undefined, to: undefined };
  const end = Math.floor(newest / HOUR) * HOUR + HOUR;
  if (!Number.isFinite(preset.seconds)) return { from: Math.floor((oldest ?? 0) / HOUR) * HOUR, to: end };
  return { from: end - preset.seconds, to: end };
}
