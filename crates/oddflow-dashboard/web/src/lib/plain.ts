// Values of JSON in words, where the page does not know what they mean.

/** One value, in a line or a few. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en-US") : String(Number(value.toPrecision(5)));
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(plain).join(", ");
  return Object.entries(value as Record<string, unknown>)
    .map(([name, one]) => `${name}: ${plain(one)}`)
    .join("; ");
}
