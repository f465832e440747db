// Which rows of a list are ticked, and which one the keyboard is at. Ids of a page that is left are forgotten.

export class Selection {
  ids = $state.raw<ReadonlySet<number>>(new Set());
  at = $state(-1);

  has(id: number): boolean {
    return this.ids.has(id);
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

  /** Forgets what is not in the list any more. */
  keep(ids: readonly number[]): void {
    const left = ids.filter((id) => this.ids.has(id));
    if (left.length !== this.ids.size) this.ids = new Set(left);
    if (this.at >= ids.length) this.at = ids.length - 1;
  }

  /** Moves the keyboard's row, and gives its number. */
  step(by: number, length: number): number {
    if (length === 0) return -1;
    this.at = Math.max(0, Math.min(length - 1, this.at + by));
    return this.at;
  }
}
