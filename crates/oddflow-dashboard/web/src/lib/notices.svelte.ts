// Short words about what was done, seen in a corner and read out by screen readers.

export interface Notice {
  id: number;
  words: string;
  isTrouble: boolean;
  undo: (() => void) | undefined;
}

/** How long a notice stays, in milliseconds; one that can be taken back stays longer. */
const STAYS = 5000;
const STAYS_TO_UNDO = 12_000;

class Notices {
  list = $state<Notice[]>([]);
  #next = 1;

  tell(words: string, how: { isTrouble?: boolean; undo?: () => void } = {}): void {
    const notice: Notice = { id: this.#next, words, isTrouble: how.isTrouble ?? false, undo: how.undo };
    this.#next += 1;
    this.list = [...this.list.slice(-2), notice];
    if (!notice.isTrouble) setTimeout(() => this.drop(notice.id), how.undo === undefined ? STAYS : STAYS_TO_UNDO);
  }

  /** Takes back what one tells of. */
  undo(notice: Notice): void {
    notice.undo?.();
    this.drop(notice.id);
  }

  drop(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

export const notices = new Notices();

/** Words of whatever was thrown. */
export function wordsOf(error: unknown): string {
  if (error instanceof Error) {
    const remedy = "remedy" in error && typeof error.remedy === "string" && error.remedy !== "" ? ` ${error.remedy}` : "";
    return remedy === "" || /[.!?]$/.test(error.message) ? error.message + remedy : `${error.message}.${remedy}`;
  }
  return String(error);
}
