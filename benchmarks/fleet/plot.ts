/** Requests a second over time, as an SVG that reads in light and in dark: one panel per fleet. */
import type { FleetReport } from "./scenario.ts";

const width = 900;
const panel = 190;
const margin = { left: 50, right: 20, top: 46, bottom: 10 };
/** Each point is the highest of so many seconds, so that no peak is smoothed away. */
const pointSeconds = 2;
const most = 2.6;

export function plot(reports: readonly FleetReport[]): string {
  const minutes = Math.max(...reports.map(({ seconds }) => Math.floor(seconds.length / 60)));
  const x = (second: number) => margin.left + (second / (minutes * 60)) * (width - margin.left - margin.right);
  const height = reports.length * panel + 40;
  const ticks = Array.from({ length: minutes + 1 }, (_, minute) => minute);
  const labels = ticks.map(
    (minute) => `<text x="${x(minute * 60).toFixed(1)}" y="${height - 24}" text-anchor="middle">${minute}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<style>
  text { fill: #333 } .level { stroke: #999; stroke-dasharray: 4 4 } .down { fill: #c00; opacity: .08 }
  path { fill: none; stroke-width: 1.5 } .attempts { stroke: #d9480f } .accepted { stroke: #1971c2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .down { opacity: .25 } .attempts { stroke: #ff922b } .accepted { stroke: #74c0fc } }
</style>
<text x="${margin.left}" y="18">requests a second as multiples of the steady rate: <tspan fill="#d9480f">tried</tspan>, <tspan fill="#1971c2">accepted</tspan></text>
${reports.map((report, index) => panelOf(report, index * panel, x)).join("\n")}
${labels.join("")}
<text x="${width / 2}" y="${height - 6}" text-anchor="middle">minutes; the collector is down in the shaded time</text>
</svg>
`;
}

function panelOf(
  { scenario, clients, seconds, steady }: FleetReport,
  top: number,
  x: (second: number) => number,
): string {
  const y = (value: number) => top + panel - margin.bottom - (value / most) * (panel - margin.top - margin.bottom);
  const downAt = scenario.healthyMs / 1000;
  const backAt = downAt + scenario.downMs / 1000;
  const end = Math.floor(seconds.length / 60) * 60;
  const line = (figure: (second: (typeof seconds)[number]) => number) => {
    let path = "";
    for (let second = 0; second < end; second += pointSeconds) {
      const value = Math.max(...seconds.slice(second, second + pointSeconds).map(figure)) / steady;
      path += `${second === 0 ? "M" : "L"}${x(second).toFixed(1)} ${y(value).toFixed(1)}`;
    }
    return path;
  };
  const level = (value: number) =>
    `<path class="level" d="M${margin.left} ${y(value).toFixed(1)}H${width - margin.right}"/>` +
    `<text x="${margin.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value} ×</text>`;
  return `<rect class="down" x="${x(downAt).toFixed(1)}" y="${y(most).toFixed(1)}" width="${(x(backAt) - x(downAt)).toFixed(1)}" height="${(y(0) - y(most)).toFixed(1)}"/>
<text x="${margin.left}" y="${top + margin.top - 8}">${scenario.name}, ${clients.toLocaleString("en-US")} clients</text>
${[0, 1, 2].map(level).join("")}
<path class="attempts" d="${line(({ attempts }) => attempts)}"/>
<path class="accepted" d="${line(({ accepted }) => accepted)}"/>`;
}
