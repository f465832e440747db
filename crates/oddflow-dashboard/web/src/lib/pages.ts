// The pages, each a file of its own that is fetched when it is first shown.

import type { Component } from "svelte";
import type { PageName } from "./routes";

export type PageModule = { default: Component<{ id: string }> };

/** Pages that are not about one thing take no id, and may be given one all the same. */
function page(module: Promise<{ default: unknown }>): Promise<PageModule> {
  return module as Promise<PageModule>;
}

export const PAGES: Record<PageName, () => Promise<PageModule>> = {
  overview: () => page(import("../pages/overview/Overview.svelte")),
  incidents: () => page(import("../pages/incidents/Incidents.svelte")),
  incident: () => page(import("../pages/incident/Incident.svelte")),
  alerts: () => page(import("../pages/alerts/Alerts.svelte")),
  alert: () => page(import("../pages/alert/Alert.svelte")),
  hosts: () => page(import("../pages/hosts/Hosts.svelte")),
  host: () => page(import("../pages/host/Host.svelte")),
  explore: () => page(import("../pages/explore/Explore.svelte")),
  model: () => page(import("../pages/model/Model.svelte")),
  settings: () => page(import("../pages/settings/Settings.svelte")),
  missing: () => page(import("../pages/Missing.svelte")),
};

/** What the navigation shows, and the key that follows `g`. */
export const PLACES = [
  { page: "overview", path: "/", words: "Overview", icon: "overview", key: "o" },
  { page: "incidents", path: "/incidents", words: "Incidents", icon: "incidents", key: "i" },
  { page: "alerts", path: "/alerts", words: "Alerts", icon: "alerts", key: "a" },
  { page: "hosts", path: "/hosts", words: "Hosts", icon: "hosts", key: "h" },
  { page: "explore", path: "/explore", words: "Explore", icon: "explore", key: "e" },
  { page: "model", path: "/model", words: "Model", icon: "model", key: "m" },
  { page: "settings", path: "/settings", words: "Settings", icon: "settings", key: "s" },
] as const;

/** Whether a page is of a period: those of one thing show it whole. */
export function hasPeriod(page: PageName): boolean {
  return !["incident", "alert", "model", "settings", "missing"].includes(page);
}

/** The place of the navigation that a page belongs to. */
export function placeOf(page: PageName): string {
  if (page === "incident") return "incidents";
  if (page === "alert") return "alerts";
  if (page === "host") return "hosts";
  return page;
}
