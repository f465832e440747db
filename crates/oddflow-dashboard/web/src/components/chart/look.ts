// What all charts look like: the colours of the page's theme, quiet axes, tooltips drawn on the canvas (a tooltip of
// HTML needs inline styles, which the content security policy forbids).

import type { EChartsCoreOption } from "echarts/core";

export interface Look {
  text: string;
  text2: string;
  text3: string;
  line: string;
  grid: string;
  surface: string;
  raised: string;
  series: readonly [string, string, string, string, string];
  fill: string;
  mark: string;
  accent: string;
  severity: Record<"low" | "medium" | "high" | "critical", string>;
  heat: readonly [string, string, string, string, string];
  /** Of what goes against: a second ramp, which begins where the first does. */
  against: readonly [string, string, string, string, string];
  font: string;
}

/** The colours that the page has now. */
export function look(): Look {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"),
    text2: of("text-2"),
    text3: of("text-3"),
    line: of("line-strong"),
    grid: of("chart-grid"),
    surface: of("surface"),
    raised: of("raised"),
    series: [of("chart-1"), of("chart-2"), of("chart-3"), of("chart-4"), of("chart-5")],
    fill: of("chart-fill"),
    mark: of("chart-mark"),
    accent: of("accent"),
    severity: { low: of("low"), medium: of("medium"), high: of("high"), critical: of("critical") },
    heat: [of("heat-0"), of("heat-1"), of("heat-2"), of("heat-3"), of("heat-4")],
    against: [of("heat-0"), of("against-1"), of("against-2"), of("against-3"), of("against-4")],
    font: of("font"),
  };
}

/** What every chart begins with. */
export function base(l: Look): EChartsCoreOption {
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: l.font, fontSize: 11, color: l.text2 },
    grid: { left: 8, right: 12, top: 14, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      renderMode: "richText",
      confine: true,
      transitionDuration: 0,
      backgroundColor: l.raised,
      borderColor: l.line,
      borderWidth: 1,
      padding: [6, 9],
      textStyle: { color: l.text, fontSize: 12, fontFamily: l.font, lineHeight: 17 },
      axisPointer: { type: "line", lineStyle: { color: l.line, type: "solid" }, shadowStyle: { color: l.grid, opacity: 0.6 }, label: { show: false } },
    },
  };
}

/** An axis without noise. */
export function axis(l: Look): Record<string, unknown> {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: l.text3, fontSize: 11, hideOverlap: true },
    splitLine: { show: true, lineStyle: { color: l.grid } },
    nameTextStyle: { color: l.text3, fontSize: 11 },
  };
}

/** The axis at the bottom, with its line and without a grid. */
export function bottom(l: Look): Record<string, unknown> {
  return { ...axis(l), axisLine: { show: true, lineStyle: { color: l.line } }, splitLine: { show: false } };
}

/** The shape of a severity, as in the lists. That of low is a ring. */
export const SYMBOLS = { low: "circle", medium: "diamond", high: "triangle", critical: "rect" } as const;

/** The colours of a severity's shape. */
export function severityStyle(l: Look, severity: keyof typeof SYMBOLS): Record<string, unknown> {
  const color = l.severity[severity];
  return severity === "low" ? { color: l.surface, borderColor: color, borderWidth: 1.8, opacity: 1 } : { color, opacity: 1 };
}

/** Where an axis from zero ends and how far its ticks lie apart, so that a value has room: steps of 1, 2 or 5. */
export function upTo(most: number, ticks = 4): { max: number; interval: number } {
  const rough = Math.max(most, 1) / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval = Math.max(1, (([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power));
  return { max: Math.ceil((Math.max(most, 1) * 1.02) / interval) * interval, interval };
}

/** What ECharts gives a series that draws itself, as far as it is used. */
interface Drawing {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

/** A histogram whose parts are as wide as they are: boxes from edge to edge. An even width would tell lies of uneven parts. */
export function boxes(name: string, edges: readonly number[], heights: readonly number[], color: (at: number) => string): Record<string, unknown> {
  return {
    name,
    type: "custom",
    encode: { x: [0, 1], y: 2 },
    clip: true,
    data: heights.map((height, at) => [edges[at] ?? 0, edges[at + 1] ?? 0, height]),
    renderItem: (params: { dataIndex: number }, api: Drawing) => {
      const [left, top] = api.coord([api.value(0), api.value(2)]);
      const [right, bottom] = api.coord([api.value(1), 0]);
      const width = right - left;
      return { type: "rect", shape: { x: left, y: top, width: width > 3 ? width - 1 : Math.max(width, 1), height: bottom - top }, style: { fill: color(params.dataIndex) } };
    },
  };
}
