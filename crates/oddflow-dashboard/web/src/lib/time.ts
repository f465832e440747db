// Times of the log in a chosen zone. Everywhere else a time is a number: seconds since 1970, UTC.

/** The wall clock's words in a zone. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, known);
  }
  return known;
}

/** What the clock on the wall shows in a zone. */
export function wall(time: number, zone: string): Wall {
  const parts: Record<string, number> = {};
  for (const part of format(zone).formatToParts(Math.floor(time) * 1000)) {
    if (part.type !== "literal") parts[part.type] = Number(part.value);
  }
  const of = (name: string): number => parts[name] ?? 0;
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute"), second: of("second") };
}

/** How far a zone is ahead of UTC at a time, in seconds. */
export function offset(time: number, zone: string): number {
  if (zone === "UTC") return 0;
  const at = wall(time, zone);
  const asUtc = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000;
  return asUtc - Math.floor(time);
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-03-07` */
export function date(time: number, zone: string): string {
  const at = wall(time, zone);
  return `${at.year}-${two(at.month)}-${two(at.day)}`;
}

/** `15:37` or `15:37:18` */
export function clock(time: number, zone: string, seconds = false): string {
  const at = wall(time, zone);
  return `${two(at.hour)}:${two(at.minute)}${seconds ? `:${two(at.second)}` : ""}`;
}

/** `2026-03-07 15:37` or, with seconds, `2026-03-07 15:37:18` */
export function stamp(time: number, zone: string, seconds = false): string {
  return `${date(time, zone)} ${clock(time, zone, seconds)}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** `Sat 7 Mar` */
export function dayName(time: number, zone: string): string {
  const at = wall(time, zone);
  const weekday = new Date(Date.UTC(at.year, at.month - 1, at.day)).getUTCDay();
  return `${WEEKDAYS[weekday] ?? ""} ${at.day} ${MONTHS[at.month - 1] ?? ""}`;
}

/** `7 Mar 15:37`, with the year where it is another than that of `near`. */
export function shortStamp(time: number, zone: string, near?: number): string {
  const at = wall(time, zone);
  const isFar = near !== undefined && wall(near, zone).year !== at.year;
  return `${at.day} ${MONTHS[at.month - 1] ?? ""}${isFar ? ` ${at.year}` : ""} ${two(at.hour)}:${two(at.minute)}`;
}

/** A span in few words: `7 Mar 14:56 to 15:42`; within a minute with seconds, within a second as one time. */
export function span(from: number, to: number, zone: string): string {
  const begin = `${shortStamp(from, zone)}:${two(wall(from, zone).second)}`;
  if (Math.floor(from) === Math.floor(to)) return begin;
  if (Math.floor(from / 60) === Math.floor(to / 60)) return `${begin} to ${clock(to, zone, true)}`;
  const sameDay = date(from, zone) === date(to, zone);
  return sameDay ? `${shortStamp(from, zone)} to ${clock(to, zone)}` : `${shortStamp(from, zone)} to ${shortStamp(to, zone)}`;
}

/** How a zone is called beside a time: `UTC`, `UTC+1`, `UTC-3:30`. */
export function zoneName(time: number, zone: string): string {
  const minutes = Math.round(offset(time, zone) / 60);
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(size / 60)}${rest === 0 ? "" : `:${two(rest)}`}`;
}

/** The value of an `<input type="datetime-local">` for a time. */
export function toLocalInput(time: number, zone: string): string {
  return stamp(time, zone).replace(" ", "T");
}

/** The time that such an input's value means in a zone; undefined for what is none. */
export function fromLocalInput(value: string, zone: string): number | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(value.trim());
  if (found === null) return undefined;
  const part = (at: number): number => Number(found[at] ?? 0);
  const asUtc = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6)) / 1000;
  if (!Number.isFinite(asUtc)) return undefined;
  // The zone's offset at the time that is sought is not known before it is; two steps find it, a change of the clocks aside.
  const near = asUtc - offset(asUtc, zone);
  return asUtc - offset(near, zone);
}

/** The zone of the browser. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Whether the browser knows a zone of that name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
