// What can be shown of traffic by time.

import { DAY, HOUR, type Range } from "./period";

export const METRICS = [
  { name: "rows", words: "Connections" },
  { name: "bytes", words: "Bytes" },
  { name: "failures", words: "Failed" },
  { name: "peak", words: "Highest score" },
] as const;
export type Metric = (typeof METRICS)[number]["name"];

/** How coarsely traffic is stored, where a period is so short, or cut so, that it shows; else nothing. */
export function rounding(range: Range): string {
  const { from, to } = range;
  if (from === undefined || to === undefined) return "";
  const isCut = [from, to].some((end) => end % (HOUR / 2) !== 0);
  const isOfDays = from % DAY === 0 && to % DAY === 0;
  if (isOfDays || (!isCut && to - from > 3 * DAY)) return "";
  return "Traffic is stored by half hours, ports and distributions by hours, and peers by days (UTC): those count that the period touches.";
}

/** Traffic of a stretch of time that begins at `t`. */
export interface TrafficPoint {
  t: number;
  rows: number;
  orig_bytes: number;
  resp_bytes: number;
  failures: number;
  peak?: number | null;
}

/** Points without gaps: a stretch without rows has zeros, so that it is seen. */
export function filled(points: readonly TrafficPoint[], step: number, most = 5000): TrafficPoint[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || step <= 0 || (last.t - first.t) / step > most) return [...points];
  const made: TrafficPoint[] = [];
  let at = first.t;
  for (const point of points) {
    for (; at < point.t - step / 2; at += step) made.push({ t: at, rows: 0, orig_bytes: 0, resp_bytes: 0, failures: 0, peak: null });
    made.push(point);
    at = point.t + step;
  }
  return made;
}

/** How many bars a chart has room for at least: one alone would be as wide as the chart, or a sliver in its middle. */
const FEWEST_BARS = 12;

/** From when to when a chart reaches whose bars, of `step` seconds each, lie from `first` to `last`: whole bars more on both sides where they are few. */
export function reach(first: number, last: number, step: number): { first: number; last: number } {
  const lacking = Math.max(0, FEWEST_BARS - Math.round((last - first) / step));
  const before = Math.floor(lacking / 2);
  return { first: first - before * step, last: last + (lacking - before) * step };
}
