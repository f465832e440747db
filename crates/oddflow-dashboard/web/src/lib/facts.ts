// Facts of models, where two are compared. The server gives them by name as its command line has them in JSON.

import { NOTHING, score } from "./format";
import { plain } from "./plain";
import { stamp, zoneName } from "./time";

type Json = Record<string, unknown>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** One fact in words: stretches of time as dates, a forecast as a sentence, all else as it is. */
export function factWords(name: string, value: unknown, zone: string): string {
  if (name === "baseline" && Array.isArray(value) && isNumber(value[0]) && isNumber(value[1])) return `${stamp(value[0], zone)} to ${stamp(value[1], zone)} ${zoneName(value[1], zone)}`;
  if (name === "forecast" && isJson(value)) {
    if (!isNumber(value["expected"])) return NOTHING;
    const { low, high } = value;
    const between = isNumber(low) && isNumber(high) && low !== high ? `, most likely ${score(low)} to ${score(high)}` : "";
    return `${score(value["expected"])} incidents a day${between}`;
  }
  return plain(value);
}

/** What only a look at both models says, in words: how many of something both know, and one of them alone. */
export function comparedWords(value: unknown, a: string, b: string): string {
  if (!isJson(value) || !isNumber(value["both"])) return plain(value);
  return `${plain(value["both"])} known to both, ${plain(value["only_a"])} to ${a} alone, ${plain(value["only_b"])} to ${b} alone`;
}

/** What a look at both says; where it says nothing, the models can't be compared so. */
export function told(compared: Json): [string, unknown][] {
  return Object.entries(compared).filter(([, value]) => value !== null);
}

/** The names in which two models differ, but for those of which a look at both says more. */
export function differing(differs: readonly string[], compared: Json): string[] {
  return differs.filter((name) => !isJson(compared[name]));
}
