// Time axes in any zone. ECharts knows UTC and the browser's zone alone: so each time is moved by the offset of the
// chosen zone at that time, and drawn as if it were UTC. Ticks then fall on the zone's own hours and days.

import { offset } from "../../lib/time";

/** Where a time stands on the axis, in milliseconds. */
export function onAxis(time: number, zone: string): number {
  return (time + offset(time, zone)) * 1000;
}

/** The time of a place on the axis. */
export function offAxis(place: number, zone: string): number {
  const asUtc = place / 1000;
  return asUtc - offset(asUtc - offset(asUtc, zone), zone);
}

/** Short words for ticks: hours within days, days beyond. */
export const TICKS = {
  year: "{yyyy}",
  month: "{d} {MMM}",
  day: "{d} {MMM}",
  hour: "{HH}:{mm}",
  minute: "{HH}:{mm}",
  second: "{HH}:{mm}:{ss}",
  millisecond: "{HH}:{mm}:{ss}.{SSS}",
  none: "{d} {MMM} {HH}:{mm}",
};
