// What a page shows of the server: asked for when what it depends on changes, and again when the server says that
// something new is there. What was there stays to be seen meanwhile, so that nothing flickers.

import { Problem } from "../api/client";
import { live, type Topic } from "./live.svelte";
import { router } from "./router.svelte";

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  problem = $state.raw<Problem | undefined>(undefined);
  isLoading = $state(true);
  #again = $state(0);

  /** Asks again. */
  refresh(): void {
    this.#again += 1;
  }

  /** Puts in what is known to be there now, until it is asked for again. */
  put(data: T): void {
    this.data = data;
  }

  get version(): number {
    return this.#again;
  }
}

/**
 * A resource that follows `key`: whenever it gives another value, `load` is called with it. A key of undefined means that there is
 * nothing to ask for yet. Once the address is another page's nothing is asked for any more: the component is about to go, and what
 * the address says is not meant for it. To be called while a component is set up.
 */
export function resource<K, T>(
  key: () => K | undefined,
  load: (key: K, signal: AbortSignal) => Promise<T>,
  topics: readonly Topic[] = [],
): Resource<T> {
  const made = new Resource<T>();
  const home = router.path;
  let shown = "";

  $effect(() => {
    if (router.path !== home) return;
    const value = key();
    void made.version;
    if (value === undefined) return;
    const text = JSON.stringify(value);
    const control = new AbortController();
    made.isLoading = true;
    load(value, control.signal)
      .then((data) => {
        made.data = data;
        made.problem = undefined;
        shown = text;
        made.isLoading = false;
      })
      .catch((error: unknown) => {
        if (control.signal.aborted) return;
        made.problem = error instanceof Problem ? error : new Problem(0, "Something went wrong in the page", String(error), "Load the page again.");
        // What is shown of another key would be taken for this one's.
        if (shown !== text) made.data = undefined;
        made.isLoading = false;
      });
    return () => control.abort();
  });

  $effect(() => live.on(topics, () => made.refresh()));
  return made;
}
