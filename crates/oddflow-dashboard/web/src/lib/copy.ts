// Into the clipboard.

import { notices } from "./notices.svelte";

/** Copies words, and says so. */
export async function copy(words: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without TLS on an address that other machines reach there is no clipboard; a field that is selected can still be copied.
    const field = document.createElement("textarea");
    field.value = words;
    field.setAttribute("readonly", "");
    field.className = "hidden-words";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) {
      notices.tell(`The browser does not let the page copy ${what}`, { isTrouble: true });
      return;
    }
  }
  notices.tell(`Copied ${what}`);
}
