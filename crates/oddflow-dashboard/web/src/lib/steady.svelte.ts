// A list that does not jump: what comes by itself changes rows in place, and new rows wait until somebody wants them. What was
// asked for (another filter, another page, one's own change) is shown at once.

import { untrack } from "svelte";

export class Steady<T extends { id: number }> {
  items = $state.raw<T[]>([]);
  /** Rows that wait. */
  waiting = $state(0);
  #latest: T[] = [];
  #key = "";
  #isAsked = false;

  /** Takes what the server has now for a key. */
  take(key: string, latest: T[]): void {
    untrack(() => {
      this.#latest = latest;
      if (key !== this.#key || this.#isAsked || this.items.length === 0) {
        this.#key = key;
        this.show();
        return;
      }
      const known = new Map(latest.map((item) => [item.id, item]));
      const shown = new Set(this.items.map((item) => item.id));
      this.items = this.items.map((item) => known.get(item.id) ?? item);
      this.waiting = latest.filter((item) => !shown.has(item.id)).length;
      // Nothing new at the top, but some are gone or moved: that is no jump that anybody would mind.
      if (this.waiting === 0) this.show();
    });
  }

  /** The next answer is shown as it is. */
  ask(): void {
    this.#isAsked = true;
  }

  /** Shows what waits. */
  show(): void {
    this.items = this.#latest;
    this.waiting = 0;
    this.#isAsked = false;
  }
}
