import { describe, expect, it } from "vitest";
import { sought, wrongPort } from "../network";

describe("what is written where a host is sought", () => {
  it("may be an address or a network", () => {
    for (const network of ["10.0.0.5", "10.0.0.0/8", "fe80::1", "2001:db8::/32", "::1", "1:2:3:4:5:6:7:8"]) expect(sought(` ${network} `)).toEqual({ network });
    expect(sought("10.0/16")).toEqual({ network: "10.0.0.0/16" });
    expect(sought("  ")).toEqual({});
  });

  it("may be the beginning of an address, of whole octets", () => {
    const beginnings = { "10": "10.0.0.0/8", "10.": "10.0.0.0/8", "192.168": "192.168.0.0/16", "192.168.": "192.168.0.0/16", "10.0.0": "10.0.0.0/24", "2001:db8:": "2001:db8::/32", "fe80::": "fe80::/16" };
    for (const [words, network] of Object.entries(beginnings)) expect(sought(words)).toEqual({ network });
  });

  it("may be nothing that the server should be asked for", () => {
    for (const words of ["laptop", "10.0.0.256", "10..0", "10.0.0.5.", "1.2.3.4.5", "010.1", "12:34", "<b>::</b>", "10.0.0.0/8/8", "10.0.0.0/33", "fe80::/129", "10.0.0.0/", "-1"]) {
      expect(sought(words).network, words).toBeUndefined();
      expect(sought(words).wrong, words).toBeTruthy();
    }
  });
});

describe("a port", () => {
  it("is a number of 16 bits", () => {
    for (const port of ["", "0", " 443 ", "65535"]) expect(wrongPort(port)).toBeUndefined();
    for (const port of ["65536", "http", "-1", "4 43", "1e3"]) expect(wrongPort(port)).toBeTruthy();
  });
});
