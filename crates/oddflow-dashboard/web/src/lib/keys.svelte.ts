// Shortcuts of the keyboard. A page registers its own while it is shown; the overview of all of them is made from what is registered.

import { untrack } from "svelte";

export interface Shortcut {
  /** `g o`, `j`, `?`, `Enter`: one key, or two one after the other. */
  keys: string;
  words: string;
  group: string;
  run: () => void;
}

/** How long the second key of two may take, in milliseconds. */
const PATIENCE = 1200;

class Keys {
  list = $state.raw<Shortcut[]>([]);
  #first = "";
  #since = 0;

  /** Adds shortcuts; gives what takes them away. The latest goes before an earlier one of the same keys. */
  add(shortcuts: Shortcut[]): () => void {
    untrack(() => (this.list = [...shortcuts, ...this.list]));
    return () => {
      untrack(() => (this.list = this.list.filter((one) => !shortcuts.includes(one))));
    };
  }

  /** Looks whether a key that was pressed is one of ours. */
  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))) {
      const isTick = target instanceof HTMLInputElement && target.type === "checkbox";
      if (!isTick) return;
    }
    if (document.querySelector("dialog[open]") !== null) return;
    // A button or link that has the focus is pressed by Enter itself.
    if (event.key === "Enter" && target instanceof Element && target.closest("a, button, summary") !== null) return;
    const now = performance.now();
    const both = this.#first !== "" && now - this.#since < PATIENCE ? `${this.#first} ${event.key}` : "";
    const found = this.list.find((one) => one.keys === both) ?? this.list.find((one) => one.keys === event.key);
    this.#first = "";
    if (found !== undefined) {
      event.preventDefault();
      found.run();
    } else if (this.list.some((one) => one.keys.startsWith(`${event.key} `))) {
      this.#first = event.key;
      this.#since = now;
    }
  }
}

export const keys = new Keys();
