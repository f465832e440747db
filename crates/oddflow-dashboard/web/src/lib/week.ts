// Hours of the week in another zone.

/** Rows by weekday and hour, moved by whole hours: what was Monday 23:00 is Tuesday 01:00 two hours further ahead. */
export function moved(hours: readonly (readonly number[])[], ahead: number): number[][] {
  const made = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (let day = 0; day < 7; day += 1) {
    for (let hour = 0; hour < 24; hour += 1) {
      const at = (((day * 24 + hour + ahead) % 168) + 168) % 168;
      const row = made[Math.floor(at / 24)];
      if (row !== undefined) row[at % 24] = hours[day]?.[hour] ?? 0;
    }
  }
  return made;
}
