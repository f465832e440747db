import { describe, expect, it } from "vitest";
import { comparedWords, differing, factWords, told } from "../facts";
import { reach } from "../traffic";

describe("facts of models", () => {
  it("are told as people say them", () => {
    expect(factWords("baseline", [1772400000, 1772486400.5], "UTC")).toBe("2026-03-01 21:20 to 2026-03-02 21:20 UTC");
    expect(factWords("forecast", { expected: 20, low: 19.08, high: 20 }, "UTC")).toBe("20.0 incidents a day, most likely 19.1 to 20.0");
    expect(factWords("forecast", { expected: 5, low: 5, high: 5 }, "UTC")).toBe("5.00 incidents a day");
    expect(factWords("forecast", null, "UTC")).toBe("–");
    expect(factWords("network", [155, 48, 155], "UTC")).toBe("155, 48, 155");
    expect(factWords("baseline", "of old", "UTC")).toBe("of old");
  });

  it("are told once where both models say more", () => {
    expect(differing(["budget", "hosts"], { hosts: {} })).toEqual(["budget"]);
    expect(differing(["budget", "hosts"], { hosts: null })).toEqual(["budget", "hosts"]);
    expect(told({ hosts: null, more: 1 })).toEqual([["more", 1]]);
    expect(comparedWords({ both: 15, only_a: 0, only_b: 1200 }, "a65b", "1857")).toBe("15 known to both, 0 to a65b alone, 1,200 to 1857 alone");
    expect(comparedWords(3, "a", "b")).toBe("3");
  });
});

describe("a chart of few bars", () => {
  it("has room for some more on both sides", () => {
    expect(reach(3600, 7200, 3600)).toEqual({ first: 3600 - 5 * 3600, last: 7200 + 6 * 3600 });
    expect(reach(0, 24 * 3600, 3600)).toEqual({ first: 0, last: 24 * 3600 });
  });
});
