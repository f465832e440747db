// What was written and not sent yet, kept until this tab is closed, so that a look elsewhere doesn't lose it.

const name = (of: string): string => `oddflow.draft.${of}`;

/** What was written of something, or nothing. */
export function draft(of: string): string {
  try {
    return sessionStorage.getItem(name(of)) ?? "";
  } catch {
    return "";
  }
}

/** Keeps what is written of something; nothing written is nothing kept. */
export function keepDraft(of: string, words: string): void {
  try {
    if (words.trim() === "") sessionStorage.removeItem(name(of));
    else sessionStorage.setItem(name(of), words);
  } catch {
    // Without storage it is kept as long as the page is shown.
  }
}
