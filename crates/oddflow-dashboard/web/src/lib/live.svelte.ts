// The server's own word that something is new (server-sent events), so that nobody has to ask again and again.

import { address } from "../api/client";

export type Topic = "incidents" | "traffic" | "models" | "suppressions" | "health";
export type LiveState = "off" | "connecting" | "live" | "lost";

/** The least time between two refreshes of the same thing, in milliseconds. */
const PAUSE = 2000;
/** Between attempts to connect again where the browser has given up, at first and at most. */
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30_000;

interface Listener {
  topics: readonly Topic[];
  then: () => void;
  timer: ReturnType<typeof setTimeout> | undefined;
  last: number;
}

class Live {
  state = $state<LiveState>("off");
  /** Time of the newest row of the log that the server told of. */
  newest = $state<number | undefined>(undefined);

  #source: EventSource | undefined;
  #listeners = new Set<Listener>();
  #wait = FIRST_WAIT;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #wasLost = false;

  /** Begins to listen. */
  start(): void {
    if (this.#source !== undefined) return;
    this.state = "connecting";
    const source = new EventSource(address("/events"));
    this.#source = source;
    source.addEventListener("open", () => {
      this.state = "live";
      this.#wait = FIRST_WAIT;
      // What happened while nobody listened is not told again.
      if (this.#wasLost) this.#tell(["incidents", "traffic", "models", "suppressions", "health"]);
      this.#wasLost = false;
    });
    source.addEventListener("changed", (event) => this.#changed(event));
    source.addEventListener("error", () => {
      this.state = "lost";
      this.#wasLost = true;
      if (source.readyState !== EventSource.CLOSED) return;
      this.#drop();
      this.#retry = setTimeout(() => this.start(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    });
  }

  /** Listens no more. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.state = "off";
  }

  /** Calls `then` when one of the topics is new, now and then at most. Gives what ends that. */
  on(topics: readonly Topic[], then: () => void): () => void {
    const listener: Listener = { topics, then, timer: undefined, last: 0 };
    this.#listeners.add(listener);
    return () => {
      clearTimeout(listener.timer);
      this.#listeners.delete(listener);
    };
  }

  #drop(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #changed(event: MessageEvent): void {
    let told: { topics?: Topic[]; newest?: number | null };
    try {
      told = JSON.parse(String(event.data)) as typeof told;
    } catch {
      return;
    }
    if (typeof told.newest === "number") this.newest = told.newest;
    this.#tell(told.topics ?? []);
  }

  #tell(topics: readonly Topic[]): void {
    for (const listener of this.#listeners) {
      if (listener.timer !== undefined || !listener.topics.some((topic) => topics.includes(topic))) continue;
      const since = performance.now() - listener.last;
      listener.timer = setTimeout(
        () => {
          listener.timer = undefined;
          listener.last = performance.now();
          listener.then();
        },
        Math.max(0, PAUSE - since),
      );
    }
  }
}

export const live = new Live();
