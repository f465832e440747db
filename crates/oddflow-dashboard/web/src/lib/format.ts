// Numbers for people: counts, bytes, durations, shares. The same units and words as the command line has.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** What stands where there is no value. */
export const NOTHING = "–";

/** `1,243,021` */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NOTHING : whole.format(value);
}

/** A number that a sketch counted: it is exact up to 32. */
export function about(value: number | null | undefined): string {
  return (value ?? 0) > 32 ? `≈ ${count(value)}` : count(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(decimals)));
}

/** `1.24 M`; below 10,000 the whole number. */
export function shortCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size < 9999.5) return Number.isInteger(value) ? whole.format(value) : size < 100 ? digits(value) : whole.format(value);
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

/** `39.5 GB`: powers of 1000, as the command line has them. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (Math.abs(value) < 1000) return `${whole.format(value)} B`;
  return scaled(value, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"]);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let at = 0;
  // 999.5 would be rounded to 1000, which is 1 of the next unit.
  while (Math.abs(rest) >= step - 0.5 && at < units.length - 1) {
    rest /= step;
    at += 1;
  }
  return `${digits(rest)} ${units[at] ?? ""}`.trimEnd();
}

/** `2 h 30 min`, `4.4 min`, `12 ms`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 0.001) return `${digits(seconds * 1e6)} µs`;
  if (size < 1) return `${digits(seconds * 1000)} ms`;
  if (size < 60) return `${digits(seconds)} s`;
  if (size < 600) return `${digits(Math.round(seconds / 6) / 10)} min`;
  if (size < 3600) return `${Math.round(seconds / 60)} min`;
  if (size < 86_400) return two(seconds, 3600, "h", 60, "min");
  return two(seconds, 86_400, "d", 3600, "h");
}

function two(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(seconds / small);
  const per = large / small;
  const rest = smalls % per;
  const first = `${Math.trunc(smalls / per)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** `12%`, `0.05%`: a share from 0 to 1. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NOTHING;
  const value = share * 100;
  if (value === 0) return "0%";
  if (Math.abs(value) < 0.0001) return `${value.toExponential(1)}%`;
  if (Math.abs(value) < 0.1) return `${String(Number(value.toPrecision(2)))}%`;
  return `${digits(value)}%`;
}

/** A score or another plain number, to three digits. */
export function score(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  return Math.abs(value) >= 100 ? whole.format(value) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A value in the unit that the server names: `B`, `s`, `1/h`, `bits`, or none. */
export function inUnit(value: number | null | undefined, unit: string | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  switch (unit) {
    case "B":
    case "bytes":
      return bytes(value);
    case "s":
    case "seconds":
      return duration(value);
    case "":
    case null:
    case undefined:
      return shortCount(value);
    default:
      return `${shortCount(value)} ${unit}`;
  }
}

/** `1 row`, `2 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A total that stops counting somewhere: `1,234`, `more than 10,000`. */
export function total(value: { count: number; is_exact: boolean }): string {
  return value.is_exact ? count(value.count) : `more than ${count(value.count)}`;
}

/** The first letter large. */
export function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
