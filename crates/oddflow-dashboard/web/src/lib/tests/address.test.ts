import { describe, expect, it } from "vitest";
import { asked, chips, cleared, filterOf } from "../filters";
import { periodChanges, periodOf, periodWrong, rangeOf } from "../period";
import { isAddress, match, path, searched } from "../routes";

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe("routes", () => {
  it("name pages", () => {
    expect(match("/")).toEqual({ page: "overview", id: "" });
    expect(match("/incidents")).toEqual({ page: "incidents", id: "" });
    expect(match("/incidents/52")).toEqual({ page: "incident", id: "52" });
    expect(match("/hosts/10.0.0.5")).toEqual({ page: "host", id: "10.0.0.5" });
    expect(match(path.host("2001:db8::1"))).toEqual({ page: "host", id: "2001:db8::1" });
    expect(match("/model/1b4d67")).toEqual({ page: "model", id: "1b4d67" });
  });

  it("that there are not are missing", () => {
    for (const wrong of ["/incidents/x", "/nothing", "/hosts/a/b", "/hosts/%", "/incidents/52/more"]) expect(match(wrong).page).toBe("missing");
  });

  it("carry strange names as text", () => {
    expect(match(path.host("<script>"))).toEqual({ page: "host", id: "<script>" });
    expect(path.host("a/b?c#d")).toBe("/hosts/a%2Fb%3Fc%23d");
  });
});

describe("the search field", () => {
  it("goes where the words mean", () => {
    expect(searched(" 10.0.0.5 ")).toEqual({ path: "/hosts/10.0.0.5" });
    expect(searched("fe80::1")).toEqual({ path: "/hosts/fe80%3A%3A1" });
    expect(searched("#52")).toEqual({ path: "/incidents/52" });
    expect(searched("dns queries")).toEqual({ path: "/incidents", q: "dns queries" });
    expect(isAddress("10.0.0.256")).toBe(false);
    expect(isAddress("12:34")).toBe(false);
    expect(isAddress("<b>::</b>")).toBe(false);
  });
});

describe("periods", () => {
  /** 2026-03-08 23:59:58 UTC */
  const NEWEST = 1773014398.3;

  it("go back from the newest row, in whole hours", () => {
    expect(rangeOf(periodOf(query("")), NEWEST)).toEqual({ from: 1773014400 - 7 * 86_400, to: 1773014400 });
    expect(rangeOf(periodOf(query("period=1h")), NEWEST)).toEqual({ from: 1773010800, to: 1773014400 });
    expect(rangeOf(periodOf(query("period=all")), NEWEST)).toEqual({ from: 0, to: 1773014400 });
    expect(rangeOf(periodOf(query("period=all")), NEWEST, 1772409608.1)).toEqual({ from: 1772409600, to: 1773014400 });
    expect(rangeOf(periodOf(query("")), undefined)).toEqual({ from: undefined, to: undefined });
  });

  it("may be one's own", () => {
    const own = periodOf(query("from=100&to=200"));
    expect(own).toEqual({ kind: "custom", from: 100, to: 200 });
    expect(rangeOf(own, NEWEST)).toEqual({ from: 100, to: 200 });
    expect(periodChanges(own)).toEqual({ period: null, from: "100", to: "200" });
    expect(periodChanges({ kind: "preset", name: "7d" })).toEqual({ period: null, from: null, to: null });
    expect(periodChanges({ kind: "preset", name: "24h" })).toEqual({ period: "24h", from: null, to: null });
  });

  it("may be open at one end, and in RFC 3339", () => {
    expect(periodOf(query("from=100"))).toEqual({ kind: "custom", from: 100, to: undefined });
    expect(periodOf(query("to=100"))).toEqual({ kind: "custom", from: undefined, to: 100 });
    for (const day of ["2026-03-07", "2026-03-07T00:00", "2026-03-07 00:00:00"]) expect(periodOf(query(`from=${day}`))).toEqual({ kind: "custom", from: 1772841600, to: undefined });
    expect(periodOf(query("from=2026-03-07T00:00:00Z"))).toEqual({ kind: "custom", from: 1772841600, to: undefined });
    expect(periodOf(query("from=2026-03-07T01:00:00+01:00&to=2026-03-07T00:00:00.5%2B00:00"))).toEqual({ kind: "custom", from: 1772841600, to: 1772841600.5 });
    expect(periodChanges(periodOf(query("from=100")))).toEqual({ period: null, from: "100", to: null });
    expect(rangeOf(periodOf(query("from=100")), NEWEST)).toEqual({ from: 100, to: undefined });
  });

  it("that make no sense are the usual one", () => {
    for (const wrong of ["period=never", "from=200&to=100", "from=x&to=y", "from=2026-13-07", "from=2026-03-07T25:00:00Z"]) {
      expect(periodOf(query(wrong))).toEqual({ kind: "preset", name: "7d" });
      expect(periodWrong(query(wrong))).toBeTypeOf("string");
    }
    for (const right of ["", "period=24h", "from=100", "from=100&to=200", "from=2026-03-07"]) expect(periodWrong(query(right))).toBeUndefined();
  });
});

describe("filters", () => {
  it("stand in the address and go to the API under the same names", () => {
    const filter = filterOf(query("host=10.0.0.0%2F8&severity=high&q=dns&unknown=1&port=&sort=score"));
    expect(filter).toEqual({ host: "10.0.0.0/8", severity: "high", q: "dns", sort: "score" });
    expect(asked(filter, { from: 1, to: 2, sensor: null, limit: 50 }).toString()).toBe("host=10.0.0.0%2F8&severity=high&q=dns&sort=score&from=1&to=2&limit=50");
  });

  it("take the beginning of an address for a network", () => {
    expect(asked({ host: "192.168" }, {}).get("host")).toBe("192.168.0.0/16");
    expect(asked({ host: "laptop" }, {}).get("host")).toBe("laptop");
  });

  it("are told in words, and can be taken away", () => {
    expect(chips(filterOf(query("service=-&family=fan&severity=high&sort=score&state=all"))).map((chip) => chip.words)).toEqual(["no service", "New destinations, ports (fan)", "high or worse"]);
    expect(Object.keys(cleared())).toContain("host");
    expect(Object.keys(cleared())).not.toContain("state");
  });
});
