import { describe, expect, it } from "vitest";
import { diverging, readable, stepOf } from "../../components/chart/diverging";
import type { Look } from "../../components/chart/look";
import { begin, edgeWords, partWords, parts, rowWords, valueWords } from "../parts";

const FAN = { name: "fan_600", unit: "" };
const words = (value: number): string => edgeWords(FAN, value);

describe("parts of a value's axis", () => {
  it("have one for zero, and none that must be empty", () => {
    const shown = parts({ edges: [0, 1, 5], network: [0.3, 0, 0.5, 0.2], host: [1, 0, 0, 0], cell: 3 });
    expect(shown.map((part) => begin(part, words))).toEqual(["0", "≥1", "≥5"]);
    expect(shown.map((part) => part.isRow)).toEqual([false, false, true]);
  });

  it("have what lies above zero where something does", () => {
    const shown = parts({ edges: [0, 1.5], network: [0.3, 0.1, 0.6], host: null, cell: 0 });
    expect(shown.map((part) => begin(part, words))).toEqual(["0", ">0", "≥1.5"]);
    expect(shown.map((part) => partWords(part, words))).toEqual(["0", "more than 0, below 1.5", "1.5 or more"]);
    expect(parts({ edges: [0, 1], network: [1, 0, 0], host: null, cell: 1 })).toHaveLength(3);
  });

  it("count in whole numbers", () => {
    expect(valueWords(FAN, 80.74)).toBe("81");
    expect(valueWords(FAN, 3.54)).toBe("4");
    expect(valueWords(FAN, 0.2)).toBe("0.2");
    expect(edgeWords(FAN, 80.74)).toBe("81");
    expect(edgeWords(FAN, 3.54)).toBe("3.54");
    expect(valueWords({ name: "out_in_ratio", unit: "" }, 80.74)).toBe("80.7");
    expect(rowWords({ name: "horizontal_60", value: 95.2, unit: "", text: "95.2" })).toBe("95");
    expect(rowWords({ name: "duration", value: 95.2, unit: "s", text: "1.6 min" })).toBe("1.6 min");
  });
});

describe("colours of values from -1 to 1", () => {
  it("show size and sign", () => {
    const l = { heat: ["0", "1", "2", "3", "4"], against: ["0", "a", "b", "c", "d"] } as unknown as Look;
    expect(stepOf(0.52)).not.toBe(stepOf(0.95));
    expect([0, 0.05, -0.05, 0.52, 0.95, -0.52, -0.95].map((value) => diverging(l, value))).toEqual(["0", "0", "0", "2", "4", "b", "d"]);
  });

  it("have words that can be read", () => {
    expect(readable("#0d4c95", "#1a222d", "#ffffff")).toBe("#ffffff");
    expect(readable("#f1f4f8", "#1a222d", "#ffffff")).toBe("#1a222d");
  });
});
