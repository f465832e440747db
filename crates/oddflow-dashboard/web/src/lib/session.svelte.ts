// Who we are to the server, and what it has: asked once at the start, and again after signing in.

import { change, forget, get, onSignedOut, Problem, useCsrf } from "../api/client";
import type { Session } from "../api/types";
import { live } from "./live.svelte";
import { periodOf, rangeOf, type Range } from "./period";
import { router } from "./router.svelte";

/** How the page's address names the sensor that has no name. */
export const UNNAMED = "~";

class SessionState {
  data = $state.raw<Session | undefined>(undefined);
  problem = $state.raw<Problem | undefined>(undefined);
  needsToken = $derived(this.data !== undefined && this.data.auth === "token" && !this.data.signed_in);
  /** Time of the newest row: as the session said, or as the server told since. */
  newest = $derived(Math.max(this.data?.newest ?? 0, live.newest ?? 0) || undefined);
  sensors = $derived(this.data?.sensors ?? []);
  period = $derived(periodOf(router.query));
  range: Range = $derived(rangeOf(this.period, this.newest, this.data?.oldest));
  /** Whether verdicts, notes, rules and models can be changed: not in a database that may only be read. */
  canChange = $derived(this.data?.can_change !== false);
  /** The sensor that is chosen; null for all. One may be without a name. */
  sensor = $derived(router.query.get("sensor") === UNNAMED ? "" : router.query.get("sensor"));

  constructor() {
    onSignedOut(() => {
      if (this.data !== undefined && this.data.auth === "token") this.data = { ...this.data, signed_in: false };
      live.stop();
    });
  }

  async load(): Promise<void> {
    try {
      const data = await get<Session>("/session");
      useCsrf(data.csrf ?? "");
      this.data = data;
      this.problem = undefined;
      if (data.auth === "none" || data.signed_in) live.start();
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem(0, "The page can't begin", String(error), "");
    }
  }

  async signIn(token: string): Promise<void> {
    await change("POST", "/session", { token });
    forget();
    await this.load();
  }

  async signOut(): Promise<void> {
    live.stop();
    await change("DELETE", "/session");
    forget();
    await this.load();
  }
}

export const session = new SessionState();
