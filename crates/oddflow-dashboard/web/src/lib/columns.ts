// Columns of conn logs in words.

export const COLUMNS: Record<string, { words: string; unit: "s" | "B" | "packets" }> = {
  duration: { words: "Duration", unit: "s" },
  orig_bytes: { words: "Bytes from originators", unit: "B" },
  resp_bytes: { words: "Bytes from responders", unit: "B" },
  missed_bytes: { words: "Missed bytes", unit: "B" },
  orig_pkts: { words: "Packets from originators", unit: "packets" },
  resp_pkts: { words: "Packets from responders", unit: "packets" },
  orig_ip_bytes: { words: "IP bytes from originators", unit: "B" },
  resp_ip_bytes: { words: "IP bytes from responders", unit: "B" },
};

export function columnWords(name: string): string {
  return COLUMNS[name]?.words ?? name;
}
