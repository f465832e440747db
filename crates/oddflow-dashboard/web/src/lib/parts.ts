// The parts of a value's axis in the charts that hold a row against the baseline.

import type { FeatureChart } from "../api/types";
import { count, inUnit } from "./format";

/** A part that is drawn, from `low` (if any) up to `high` (if any). */
export interface Part {
  low: number | undefined;
  high: number | undefined;
  network: number;
  host: number | undefined;
  /** Whether the row's value lies here. */
  isRow: boolean;
}

/** Counts: what decays between two connections has fractions, but nobody counts in them. */
const COUNTED = /^(fan|vertical|horizontal|fail|n)_\d+$|^(pair_n60|pair_n3600|dst_n60|dst_n3600|dst_new_src|ch_n|orig_pkts|resp_pkts)$/;
/** On an axis a fraction of less than this is told: its parts would look alike otherwise. */
const WHOLE_FROM = 10;

const isCount = (feature: Pick<FeatureChart, "name" | "unit">): boolean => feature.unit === "" && COUNTED.test(feature.name);

/** A place on the axis in words. */
export function edgeWords(feature: Pick<FeatureChart, "name" | "unit">, value: number): string {
  return isCount(feature) && Math.abs(value) >= WHOLE_FROM ? count(value) : inUnit(value, feature.unit);
}

/** A value in words; counts are whole, as in the server's sentences. */
export function valueWords(feature: Pick<FeatureChart, "name" | "unit">, value: number): string {
  return isCount(feature) && (value === 0 || value >= 0.5) ? count(value) : inUnit(value, feature.unit);
}

/** The row's own value in words. */
export function rowWords(feature: Pick<FeatureChart, "name" | "unit" | "value" | "text">): string {
  return isCount(feature) ? valueWords(feature, feature.value) : feature.text;
}

/** The parts; one between zero and the first value that there can be is left out where nothing can be in it. */
export function parts(feature: Pick<FeatureChart, "edges" | "network" | "host" | "cell">): Part[] {
  const all = feature.network.map((share, at) => ({
    low: feature.edges[at - 1],
    high: feature.edges[at],
    network: share,
    host: feature.host?.[at],
    isRow: at === feature.cell,
  }));
  return all.filter((part, at) => !(at === 1 && part.low !== undefined && part.low <= 0 && part.network === 0 && (part.host ?? 0) === 0 && !part.isRow));
}

/** Where a part begins, shortly. Where zero is a part of its own, it is the lowest. */
export function begin(part: Part, words: (value: number) => string): string {
  if (part.low === undefined) return part.high === undefined ? "" : part.high <= 0 ? "0" : `<${words(part.high)}`;
  return part.low <= 0 ? ">0" : `≥${words(part.low)}`;
}

/** A part in words. */
export function partWords(part: Part, words: (value: number) => string): string {
  const { low, high } = part;
  if (low === undefined && high === undefined) return "all";
  if (low === undefined) return high !== undefined && high <= 0 ? "0" : `below ${words(high ?? 0)}`;
  if (high === undefined) return `${words(low)} or more`;
  return low <= 0 ? `more than 0, below ${words(high)}` : `${words(low)} to ${words(high)}`;
}
