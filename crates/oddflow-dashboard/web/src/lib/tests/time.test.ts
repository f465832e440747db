import { describe, expect, it } from "vitest";
import { clock, date, dayName, fromLocalInput, isZone, offset, shortStamp, span, stamp, toLocalInput, zoneName } from "../time";
import { offAxis, onAxis } from "../../components/chart/timeaxis";

/** 2026-03-07 15:37:18 UTC */
const AT = 1772897838;
/** 2026-03-29 01:00 UTC: clocks in Berlin go from 2:00 to 3:00. */
const SPRING = 1774746000;

describe("times in a zone", () => {
  it("are those of the wall there", () => {
    expect(stamp(AT, "UTC", true)).toBe("2026-03-07 15:37:18");
    expect(stamp(AT, "Europe/Berlin")).toBe("2026-03-07 16:37");
    expect(stamp(AT, "Asia/Kathmandu")).toBe("2026-03-07 21:22");
    expect(date(AT, "Pacific/Auckland")).toBe("2026-03-08");
    expect(clock(AT, "America/New_York", true)).toBe("10:37:18");
  });

  it("of fractions of a second do not go forward", () => {
    expect(stamp(AT + 0.956701, "UTC", true)).toBe("2026-03-07 15:37:18");
  });

  it("follow the change of the clocks", () => {
    expect(offset(SPRING - 1, "Europe/Berlin")).toBe(3600);
    expect(offset(SPRING, "Europe/Berlin")).toBe(7200);
    expect(stamp(SPRING, "Europe/Berlin")).toBe("2026-03-29 03:00");
  });

  it("have names for people", () => {
    expect(dayName(AT, "UTC")).toBe("Sat 7 Mar");
    expect(shortStamp(AT, "UTC")).toBe("7 Mar 15:37");
    expect(shortStamp(AT, "UTC", AT + 400 * 86_400)).toBe("7 Mar 2026 15:37");
    expect(span(AT, AT + 600, "UTC")).toBe("7 Mar 15:37 to 15:47");
    expect(span(AT, AT + 1.24, "UTC")).toBe("7 Mar 15:37:18 to 15:37:19");
    expect(span(AT, AT + 0.4, "Europe/Berlin")).toBe("7 Mar 16:37:18");
    expect(span(AT, AT + 86_400, "UTC")).toBe("7 Mar 15:37 to 8 Mar 15:37");
    expect(zoneName(AT, "UTC")).toBe("UTC");
    expect(zoneName(AT, "Europe/Berlin")).toBe("UTC+1");
    expect(zoneName(AT, "Asia/Kathmandu")).toBe("UTC+5:45");
    expect(zoneName(AT, "America/New_York")).toBe("UTC-5");
  });

  it("come back from a field as they went in", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]) {
      for (const at of [AT - 18, SPRING - 3600, SPRING + 3600, SPRING + 200 * 86_400]) {
        const whole = Math.floor(at / 60) * 60;
        expect(fromLocalInput(toLocalInput(whole, zone), zone)).toBe(whole);
      }
    }
  });

  it("that are none are none", () => {
    expect(fromLocalInput("", "UTC")).toBeUndefined();
    expect(fromLocalInput("yesterday", "UTC")).toBeUndefined();
    expect(fromLocalInput("2026-03-07", "UTC")).toBe(Date.UTC(2026, 2, 7) / 1000);
    expect(isZone("Europe/Berlin")).toBe(true);
    expect(isZone("Middle/Earth")).toBe(false);
  });

  it("stand on an axis where the wall clock has them, and come back", () => {
    expect(onAxis(AT, "Europe/Berlin")).toBe((AT + 3600) * 1000);
    for (const at of [AT, SPRING - 7200, SPRING + 7200]) expect(offAxis(onAxis(at, "Europe/Berlin"), "Europe/Berlin")).toBe(at);
  });
});
