// Which rows of a list are ticked, and which one the keyboard is at. Ids of a page that is left are forgotten.
//
// The keyboard's row is an item, not a place: it moves with it when others come or go. When the item itself goes, nothing is at
// hand until the next step, so that a key that is pressed once too often does nothing to an item that nobody has looked at.

export class Selection {
  ids = $state.raw<ReadonlySet<number>>(new Set());
  /** The place of the keyboard's row; -1 where it is at none yet. */
  at = $state(-1);
  /** Whether the item that was there is gone: the next step leads to the one that took its place, or to the one before it. */
  isGone = $state(false);
  #order: readonly number[] = [];

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Whether the keyboard is at a place. */
  isAt(place: number): boolean {
    return this.at === place && !this.isGone;
  }

  /** The item that the keyboard is at, of the list. */
  here<T>(items: readonly T[]): T | undefined {
    return this.isGone ? undefined : items[this.at];
  }

  /** Puts the keyboard at a place. */
  put(place: number): void {
    this.at = place;
    this.isGone = false;
  }

  toggle(id: number): void {
    const next = new Set(this.ids);
    if (!next.delete(id)) next.add(id);
    this.ids = next;
  }

  /** All of them, or none where all were ticked. */
  toggleAll(ids: readonly number[]): void {
    const hasAll = ids.every((id) => this.ids.has(id));
    this.ids = hasAll ? new Set() : new Set([...this.ids, ...ids]);
  }

  clear(): void {
    this.ids = new Set();
  }

  /** Takes in the list as it is now: forgets what is not in it any more, and stays at the same item. */
  keep(ids: readonly number[]): void {
    const left = ids.filter((id) => this.ids.has(id));
    if (left.length !== this.ids.size) this.ids = new Set(left);
    if (this.at >= 0) {
      const now = this.isGone ? -1 : ids.indexOf(this.#order[this.at] ?? -1);
      if (now >= 0) this.at = now;
      else {
        const before = new Set(this.#order.slice(0, this.at));
        this.at = ids.filter((id) => before.has(id)).length;
        this.isGone = true;
      }
    }
    this.#order = ids;
  }

  /** Moves the keyboard's row, and gives its place. */
  step(by: number, length: number): number {
    if (length === 0) return -1;
    const to = this.isGone && by > 0 ? this.at + by - 1 : this.at + by;
    this.put(Math.max(0, Math.min(length - 1, to)));
    return this.at;
  }
}
