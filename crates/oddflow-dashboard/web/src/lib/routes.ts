// Which path shows which page.

export type PageName =
  | "overview"
  | "incidents"
  | "incident"
  | "alerts"
  | "alert"
  | "hosts"
  | "host"
  | "explore"
  | "model"
  | "settings"
  | "missing";

export interface Match {
  page: PageName;
  /** The part of the path that names one thing: an id, an address. */
  id: string;
}

const ROUTES: readonly [RegExp, PageName][] = [
  [/^\/$/, "overview"],
  [/^\/incidents\/?$/, "incidents"],
  [/^\/incidents\/(\d{1,18})$/, "incident"],
  [/^\/alerts\/?$/, "alerts"],
  [/^\/alerts\/(\d{1,18})$/, "alert"],
  [/^\/hosts\/?$/, "hosts"],
  [/^\/hosts\/([^/]+)$/, "host"],
  [/^\/explore\/?$/, "explore"],
  [/^\/model\/?$/, "model"],
  [/^\/model\/([0-9a-f]+)$/, "model"],
  [/^\/settings\/?$/, "settings"],
];

/** The page of a path. */
export function match(path: string): Match {
  for (const [pattern, page] of ROUTES) {
    const found = pattern.exec(path);
    if (found !== null) {
      const id = decode(found[1] ?? "");
      if (id !== undefined) return { page, id };
    }
  }
  return { page: "missing", id: "" };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** The paths of things. */
export const path = {
  incident: (id: number): string => `/incidents/${id}`,
  alert: (id: number): string => `/alerts/${id}`,
  host: (address: string): string => `/hosts/${encodeURIComponent(address)}`,
  model: (id: string): string => `/model/${encodeURIComponent(id)}`,
};

/** Where a search leads: an address to its host, a number with `#` to the incident, all else to a search of incidents. */
export function searched(text: string): { path: string; q?: string } {
  const words = text.trim();
  const number = /^#(\d{1,18})$/.exec(words);
  if (number?.[1] !== undefined) return { path: `/incidents/${number[1]}` };
  if (isAddress(words)) return { path: path.host(words) };
  return { path: "/incidents", q: words };
}

/** Whether words look like an IPv4 or IPv6 address. */
export function isAddress(words: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(words)) return words.split(".").every((part) => Number(part) < 256);
  return /^[0-9a-fA-F:.]+$/.test(words) && (words.match(/:/g)?.length ?? 0) >= 2 && words.length <= 45;
}
