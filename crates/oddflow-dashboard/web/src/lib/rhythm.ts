// How regular a channel is, from the mean and the spread of the gaps between its connections.

/** Below this spread (deviation over mean) calls come like a clock's; connections at random times have 1. */
const CLOCKWORK = 0.15;
const REGULAR = 0.5;
/** Fewer connections say nothing of a rhythm. */
const FEWEST = 8;

export interface Rhythm {
  isRegular: boolean;
  words: string;
  /** Strokes on a ground of 48 by 12, as far apart as the gaps vary: a picture of the rhythm, not of single connections. */
  marks: string;
}

export function rhythm(channel: { rows: number; gap?: number | null; gap_cv?: number | null }): Rhythm {
  const { gap, gap_cv: spread, rows } = channel;
  if (gap === null || gap === undefined || spread === null || spread === undefined || rows < FEWEST) return { isRegular: false, words: "", marks: "" };
  const isRegular = spread < REGULAR;
  return { isRegular, words: spread < CLOCKWORK ? "like clockwork" : isRegular ? "regular" : "irregular", marks: strokes(Math.min(spread, 1)) };
}

/** Deviations of the strokes from even places, in parts of a gap: fixed, so that the picture is the same each time. */
const SHIFTS = [0, 0.7, -0.5, 0.3, -0.8, 0.6, -0.2, 0.4];

function strokes(spread: number): string {
  return SHIFTS.map((shift, at) => `M${(3 + at * 6 + shift * spread * 5).toFixed(1)} 2v8`).join("");
}
