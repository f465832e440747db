// What the pages say of incidents, and do with them.

import * as api from "../api/routes";
import type { Incident, Verdict } from "../api/types";
import { FAMILIES, SEVERITIES, type SeverityName } from "./filters";
import { plural } from "./format";
import { notices, wordsOf } from "./notices.svelte";

/** The family of features in words. */
export function familyWords(family: string): string {
  return FAMILIES.find((one) => one.name === family)?.words ?? family;
}

/** How bad, as a number to sort by. */
export function rank(severity: SeverityName): number {
  return SEVERITIES.indexOf(severity);
}

/** What became of an incident, in a word, and whether that is good, bad or neither. */
export function standing(incident: Pick<Incident, "state" | "verdict" | "suppressed_by">): { words: string; tone: "" | "good" | "critical" | "plain" } {
  if (incident.verdict === "confirmed") return { words: "Confirmed", tone: "critical" };
  if (incident.verdict === "benign") return { words: "Benign", tone: "good" };
  if (incident.suppressed_by !== null && incident.suppressed_by !== undefined) return { words: `Hidden by rule ${incident.suppressed_by}`, tone: "" };
  if (incident.state === "over_budget") return { words: "Over budget", tone: "" };
  return { words: "Open", tone: "plain" };
}

/** Passes a verdict on some incidents, says so, and offers to take it back. */
export async function judge(incidents: readonly Pick<Incident, "id" | "verdict">[], verdict: Verdict | null, done: () => void, note?: string): Promise<void> {
  const ids = incidents.map((incident) => incident.id);
  if (ids.length === 0) return;
  try {
    const answer = await api.judge(ids, verdict, note);
    const what = plural(ids.length, "incident");
    const words = verdict === null ? `Verdict of ${what} taken back` : `${what} marked as ${verdict}`;
    const shown = answer.shown_again.length === 0 ? "" : `; ${plural(answer.shown_again.length, "hidden one")} shown again`;
    // Taking back gives what had no verdict none again; those that had one before are left as they are now.
    const fresh = incidents.filter((incident) => (incident.verdict ?? null) === null);
    const undo = { undo: () => void judge(fresh.map((one) => ({ ...one, verdict })), null, done) };
    notices.tell(words + shown, verdict !== null && fresh.length > 0 ? undo : {});
    done();
  } catch (error) {
    notices.tell(wordsOf(error), { isTrouble: true });
  }
}

/** Takes a rule away, and says so: what it alone hid is shown again. */
export async function unhide(rule: number, done: () => void): Promise<void> {
  try {
    const { shown } = await api.unsuppress(rule);
    notices.tell(`Rule ${rule} removed; ${plural(shown, "incident")} shown again`);
    done();
  } catch (error) {
    notices.tell(wordsOf(error), { isTrouble: true });
  }
}
