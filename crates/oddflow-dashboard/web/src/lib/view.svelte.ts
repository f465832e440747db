// How this browser likes to see things: zone and theme. Kept in the browser alone.

import { browserZone, isZone } from "./time";

export type Theme = "system" | "dark" | "light";

function read(name: string): string | null {
  try {
    return localStorage.getItem(`oddflow.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`oddflow.${name}`);
    else localStorage.setItem(`oddflow.${name}`, value);
  } catch {
    // Without storage it holds until the page is closed.
  }
}

class View {
  /** What was chosen: `browser`, or the name of a zone. */
  zoneChoice = $state("browser");
  zone = $derived(this.zoneChoice === "browser" ? browserZone() : this.zoneChoice);
  theme = $state<Theme>("system");
  isDark = $state(false);

  #system = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    const zone = read("zone");
    if (zone !== null && isZone(zone)) this.zoneChoice = zone;
    const theme = read("theme");
    if (theme === "dark" || theme === "light") this.theme = theme;
    this.#system.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  setZone(choice: string): void {
    if (choice !== "browser" && !isZone(choice)) return;
    this.zoneChoice = choice;
    write("zone", choice === "browser" ? null : choice);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write("theme", theme === "system" ? null : theme);
    this.#apply();
  }

  #apply(): void {
    if (this.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
    this.isDark = this.theme === "dark" || (this.theme === "system" && this.#system.matches);
  }
}

export const view = new View();
