// The server's own word that something is new (server-sent events), so that nobody has to ask again and again.

import { address } from "../api/client";

export type Topic = "incidents" | "traffic" | "models" | "suppressions" | "health";
export type LiveState = "off" | "connecting" | "live" | "lost";

/** The least time between two refreshes of the same thing, in milliseconds: of what people act on, and of what only flows by. */
const PAUSE = 2000;
const SLOW_PAUSE = 15_000;
const URGENT: readonly Topic[] = ["incidents", "suppressions", "models"];
/** How long a page that nobody sees goes on listening: a browser has few connections for one server. */
const UNSEEN = 60_000;
const ALL: readonly Topic[] = ["incidents", "traffic", "models", "suppressions", "health"];
/** Between attempts to connect again where the browser has given up, at first and at most. */
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30_000;

interface Listener {
  topics: readonly Topic[];
  then: () => void;
  timer: ReturnType<typeof setTimeout> | undefined;
  isUrgent: boolean;
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
  #isWanted = false;
  #unseen: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#unseen);
      if (document.visibilityState === "hidden") {
        this.#unseen = setTimeout(() => {
          this.#wasLost = this.#source !== undefined;
          this.#drop();
        }, UNSEEN);
      } else if (this.#isWanted) {
        this.start();
      }
    });
  }

  /** Begins to listen. */
  start(): void {
    this.#isWanted = true;
    if (this.#source !== undefined) return;
    this.state = "connecting";
    const source = new EventSource(address("/events"));
    this.#source = source;
    source.addEventListener("open", () => {
      this.state = "live";
      this.#wait = FIRST_WAIT;
      // What happened while nobody listened is not told again.
      if (this.#wasLost) this.#tell(ALL);
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
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#drop();
    this.state = "off";
  }

  /** Calls `then` when one of the topics is new, now and then at most. Gives what ends that. */
  on(topics: readonly Topic[], then: () => void): () => void {
    const listener: Listener = { topics, then, timer: undefined, isUrgent: false, last: -SLOW_PAUSE };
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
      const news = listener.topics.filter((topic) => topics.includes(topic));
      if (news.length === 0) continue;
      const isUrgent = news.some((topic) => URGENT.includes(topic));
      // What is urgent doesn't wait for what isn't.
      if (listener.timer !== undefined && (listener.isUrgent || !isUrgent)) continue;
      clearTimeout(listener.timer);
      listener.isUrgent = isUrgent;
      const since = performance.now() - listener.last;
      listener.timer = setTimeout(
        () => {
          listener.timer = undefined;
          listener.last = performance.now();
          listener.then();
        },
        Math.max(0, (isUrgent ? PAUSE : SLOW_PAUSE) - since),
      );
    }
  }
}

export const live = new Live();
