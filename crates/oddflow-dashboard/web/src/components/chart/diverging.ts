// Colours of values from -1 to 1: two ramps from the same middle, so that a sign is seen as well as a size.

import type { Look } from "./look";

/** Where the steps of a ramp begin. Coefficients of traffic crowd together high up, so the steps are finer there. */
const STEPS = [0.1, 0.35, 0.65, 0.9] as const;

/** The step of a size: 0 for next to nothing, 4 for nearly 1. */
export function stepOf(value: number): 0 | 1 | 2 | 3 | 4 {
  const size = Math.abs(value);
  return size < STEPS[0] ? 0 : size < STEPS[1] ? 1 : size < STEPS[2] ? 2 : size < STEPS[3] ? 3 : 4;
}

/** The colour of a value. */
export function diverging(l: Look, value: number): string {
  return (value < 0 ? l.against : l.heat)[stepOf(value)];
}

/** The same colours as pieces of a visual map. */
export function pieces(l: Look): { gte?: number; lt?: number; gt?: number; lte?: number; color: string }[] {
  const ends = [...STEPS, 2];
  return [
    { gt: -STEPS[0], lt: STEPS[0], color: l.heat[0] },
    ...STEPS.flatMap((from, at) => [
      { gte: from, lt: ends[at + 1] ?? 2, color: diverging(l, from) },
      { gt: -(ends[at + 1] ?? 2), lte: -from, color: diverging(l, -from) },
    ]),
  ];
}

/** Of two colours the one that is better read on a ground; all as `#rrggbb`. */
export function readable(ground: string, one: string, other: string): string {
  return contrast(ground, one) >= contrast(ground, other) ? one : other;
}

/** As WCAG has it. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const part = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
