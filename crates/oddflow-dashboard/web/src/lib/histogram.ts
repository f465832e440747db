// Histograms with fewer parts, for narrow drawings.

export interface Parts {
  edges: number[];
  counts: number[];
}

/** The same counts in at most `most` parts, each of as many neighbours; empty parts at both ends are left out. */
export function coarser(parts: Parts, most: number): Parts {
  const first = parts.counts.findIndex((count) => count > 0);
  if (first === -1) return { edges: [], counts: [] };
  const last = parts.counts.findLastIndex((count) => count > 0);
  const counts = parts.counts.slice(first, last + 1);
  const edges = parts.edges.slice(first, last + 2);
  const step = Math.ceil(counts.length / most);
  if (step <= 1) return { edges, counts };
  const made: Parts = { edges: [], counts: [] };
  for (let at = 0; at < counts.length; at += step) {
    made.edges.push(edges[at] ?? 0);
    made.counts.push(counts.slice(at, at + step).reduce((sum, count) => sum + count, 0));
  }
  made.edges.push(edges.at(-1) ?? 0);
  return made;
}
