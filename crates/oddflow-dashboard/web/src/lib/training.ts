// What a model says of its training: the server passes it on as the model has it, so that each part may be missing.

export interface Training {
  first: number | undefined;
  last: number | undefined;
  rows: number | undefined;
  budget: number | undefined;
  forecast: { expected: number; low: number; high: number } | undefined;
}

export function training(of: unknown): Training {
  const all = (typeof of === "object" && of !== null ? of : {}) as Record<string, unknown>;
  const number = (from: Record<string, unknown>, name: string): number | undefined => {
    const value = from[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  const told = all["forecast"];
  const forecast = (typeof told === "object" && told !== null ? told : {}) as Record<string, unknown>;
  const expected = number(forecast, "expected");
  return {
    first: number(all, "first_ts"),
    last: number(all, "last_ts"),
    rows: number(all, "rows_used"),
    budget: number(all, "budget"),
    forecast: expected === undefined ? undefined : { expected, low: number(forecast, "low") ?? expected, high: number(forecast, "high") ?? expected },
  };
}
