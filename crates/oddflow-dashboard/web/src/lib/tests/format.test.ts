import { describe, expect, it } from "vitest";
import { bytes, count, duration, inUnit, percent, plural, score, sentence, shortCount, total } from "../format";
import { coarser } from "../histogram";
import { plain } from "../plain";
import { moved } from "../week";

describe("numbers for people", () => {
  it("count", () => {
    expect(count(1243021)).toBe("1,243,021");
    expect(count(undefined)).toBe("–");
    expect(count(Number.NaN)).toBe("–");
    expect(shortCount(9999)).toBe("9,999");
    expect(shortCount(1243021)).toBe("1.24 M");
    expect(shortCount(999_950)).toBe("1 M");
    expect(shortCount(0.25)).toBe("0.25");
    expect(plural(1, "row")).toBe("1 row");
    expect(plural(0, "row")).toBe("0 rows");
    expect(total({ count: 10_000, is_exact: false })).toBe("more than 10,000");
  });

  it("measure bytes in powers of 1000", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(999)).toBe("999 B");
    expect(bytes(12_315)).toBe("12.3 kB");
    expect(bytes(39_505_129_061)).toBe("39.5 GB");
    expect(bytes(999_999)).toBe("1 MB");
    expect(bytes(9.2e18)).toBe("9.2 EB");
    expect(bytes(null)).toBe("–");
  });

  it("measure time", () => {
    expect(duration(0)).toBe("0 s");
    expect(duration(0.000024)).toBe("24 µs");
    expect(duration(0.150524)).toBe("151 ms");
    expect(duration(12)).toBe("12 s");
    expect(duration(264)).toBe("4.4 min");
    expect(duration(1800)).toBe("30 min");
    expect(duration(9000)).toBe("2 h 30 min");
    expect(duration(3600)).toBe("1 h");
    expect(duration(86_399)).toBe("24 h");
    expect(duration(604_790)).toBe("7 d");
  });

  it("share", () => {
    expect(percent(0)).toBe("0%");
    expect(percent(0.19873612)).toBe("19.9%");
    expect(percent(0.000018)).toBe("0.0018%");
    expect(percent(2.7e-11)).toBe("2.7e-9%");
    expect(percent(1)).toBe("100%");
  });

  it("score and unit", () => {
    expect(score(18.168)).toBe("18.2");
    expect(score(9.612)).toBe("9.61");
    expect(score(1015.95)).toBe("1,016");
    expect(inUnit(1500, "B")).toBe("1.5 kB");
    expect(inUnit(90, "s")).toBe("1.5 min");
    expect(inUnit(12.4, "bits")).toBe("12.4 bits");
    expect(inUnit(5, "")).toBe("5");
    expect(sentence("novelty of it")).toBe("Novelty of it");
  });

  it("and JSON that nobody knows", () => {
    expect(plain(null)).toBe("–");
    expect(plain([1, "a", true])).toBe("1, a, yes");
    expect(plain({ a: 1.5, b: [] })).toBe("a: 1.5; b: none");
  });
});

describe("histograms", () => {
  it("get fewer parts that hold as much", () => {
    const parts = { edges: [0, 1, 2, 3, 4, 5, 6], counts: [0, 1, 2, 3, 4, 0] };
    expect(coarser(parts, 10)).toEqual({ edges: [1, 2, 3, 4, 5], counts: [1, 2, 3, 4] });
    expect(coarser(parts, 2)).toEqual({ edges: [1, 3, 5], counts: [3, 7] });
    expect(coarser({ edges: [0, 1], counts: [0] }, 2)).toEqual({ edges: [], counts: [] });
  });
});

describe("hours of the week", () => {
  it("move around the week's end", () => {
    const hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
    (hours[6] as number[])[23] = 5;
    expect(moved(hours, 2)[0]?.[1]).toBe(5);
    expect(moved(hours, -24)[5]?.[23]).toBe(5);
    expect(moved(hours, 0)).toEqual(hours);
  });
});
