import { describe, expect, it } from "vitest";
import { Selection } from "../selection.svelte";

/** The item that the keyboard is at, of a list; both ways to ask for it agree. */
function at(selection: Selection, ids: readonly number[]): number | undefined {
  const here = selection.here(ids);
  expect(ids.find((_, place) => selection.isAt(place))).toBe(here);
  return here;
}

describe("the keyboard in a list", () => {
  it("goes through items that leave it, one after the other", () => {
    const selection = new Selection();
    let ids = [10, 11, 12, 13];
    selection.keep(ids);
    const seen: (number | undefined)[] = [];
    while (ids.length > 0) {
      selection.step(1, ids.length);
      const here = at(selection, ids);
      seen.push(here);
      ids = ids.filter((id) => id !== here);
      selection.keep(ids);
      expect(at(selection, ids), "nothing is at hand until the next step").toBeUndefined();
    }
    expect(seen).toEqual([10, 11, 12, 13]);
  });

  it("stays at its item while others come and go", () => {
    const selection = new Selection();
    selection.keep([10, 11, 12]);
    selection.step(1, 3);
    selection.step(1, 3);
    selection.keep([8, 9, 10, 11, 12]);
    expect(at(selection, [8, 9, 10, 11, 12])).toBe(11);
    selection.keep([11]);
    expect(at(selection, [11])).toBe(11);
  });

  it("goes on where ticked items were", () => {
    const selection = new Selection();
    selection.keep([10, 11, 12, 13, 14]);
    selection.put(3);
    for (const id of [10, 12, 13]) selection.toggle(id);
    const left = [11, 14];
    selection.keep(left);
    expect(selection.ids.size).toBe(0);
    selection.step(1, left.length);
    expect(at(selection, left)).toBe(14);
    selection.step(-1, left.length);
    expect(at(selection, left)).toBe(11);
  });

  it("goes back from where an item was", () => {
    const selection = new Selection();
    selection.keep([10, 11, 12]);
    selection.put(1);
    selection.keep([10, 12]);
    selection.step(-1, 2);
    expect(at(selection, [10, 12])).toBe(10);
  });
});
