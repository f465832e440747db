import { describe, expect, it } from "vitest";
import { rhythm } from "../rhythm";
import { figures } from "../statistics";
import { filled, rounding, type TrafficPoint } from "../traffic";
import { training } from "../training";

const point = (t: number): TrafficPoint => ({ t, rows: 1, orig_bytes: 2, resp_bytes: 3, failures: 0, peak: 4 });

describe("traffic", () => {
  it("says how coarse it is where that shows", () => {
    expect(rounding({ from: 0, to: 86_400 })).toBe("");
    expect(rounding({ from: undefined, to: 86_400 })).toBe("");
    expect(rounding({ from: 3600, to: 3600 + 7 * 86_400 })).toBe("");
    for (const [from, to] of [[0, 3600], [3600, 90_000], [60, 86_400 * 9]] as const) expect(rounding({ from, to })).toContain("half hours");
  });
  it("has zeros where nothing was", () => {
    expect(filled([point(0), point(10_800)], 3600).map((one) => [one.t, one.rows])).toEqual([
      [0, 1],
      [3600, 0],
      [7200, 0],
      [10_800, 1],
    ]);
    expect(filled([], 3600)).toEqual([]);
  });

  it("is not filled where that would be endless", () => {
    expect(filled([point(0), point(1e9)], 1)).toHaveLength(2);
  });
});

describe("rhythms", () => {
  it("are told of enough connections alone", () => {
    expect(rhythm({ rows: 3, gap: 60, gap_cv: 0.01 }).isRegular).toBe(false);
    expect(rhythm({ rows: 300, gap: 60, gap_cv: 0.01 }).words).toBe("like clockwork");
    expect(rhythm({ rows: 300, gap: 60, gap_cv: 0.3 }).isRegular).toBe(true);
    expect(rhythm({ rows: 300, gap: 60, gap_cv: 1.4 }).isRegular).toBe(false);
    expect(rhythm({ rows: 300, gap: null, gap_cv: null }).marks).toBe("");
  });
});

describe("figures of a log", () => {
  it("may lack anything", () => {
    expect(figures(undefined).rows).toBe(0);
    expect(figures({ overview: "x", time: { days: [{ start: 0, half_hours: [null, { rows: 2 }] }] }, columns: [{}] }).points).toHaveLength(1);
  });

  it("are read from what explore prints", () => {
    const found = figures({ overview: { rows: 5, first: 1, last: 2 }, findings: [{ title: "so" }], top: { services: { items: [{ name: "-", rows: 3, orig_bytes: 1, resp_bytes: 2 }] } }, correlations: { columns: ["a"], log_pearson: [[1]] } });
    expect(found.rows).toBe(5);
    expect(found.findings).toEqual(["so"]);
    expect(found.tops).toEqual([{ name: "Services", items: [{ name: "none", rows: 3, bytes: 3 }] }]);
    expect(found.correlation).toEqual({ columns: ["a"], values: [[1]] });
  });
});

describe("a model's training", () => {
  it("may be of any version", () => {
    expect(training(null).forecast).toBeUndefined();
    expect(training({ rows_used: 5, forecast: { expected: 20, low: 14 } })).toEqual({ first: undefined, last: undefined, rows: 5, budget: undefined, forecast: { expected: 20, low: 14, high: 20 } });
  });
});
