/** Requests a second over time, as an SVG that reads in light and in dark. */
import type { FleetOptions, FleetReport } from "./simulate.ts";

const width = 900;
const height = 360;
const margin = { left: 70, right: 20, top: 30, bottom: 40 };

export function plot({ healthyMs, downMs }: FleetOptions, { seconds, steady, capacityBefore }: FleetReport): string {
  const most = Math.max(capacityBefore, ...seconds.map(({ attempts }) => attempts)) * 1.05;
  const x = (second: number) => margin.left + (second / seconds.length) * (width - margin.left - margin.right);
  const y = (value: number) => height - margin.bottom - (value / most) * (height - margin.top - margin.bottom);
  const line = (figure: (second: (typeof seconds)[number]) => number) =>
    seconds
      .map((each, second) => `${second === 0 ? "M" : "L"}${x(second).toFixed(1)} ${y(figure(each)).toFixed(1)}`)
      .join("");
  const level = (value: number, name: string) =>
    `<path class="level" d="M${margin.left} ${y(value).toFixed(1)}H${width - margin.right}"/>` +
    `<text x="${width - margin.right}" y="${(y(value) - 4).toFixed(1)}" text-anchor="end">${name}</text>`;
  const minutes = Array.from({ length: Math.floor(seconds.length / 60) + 1 }, (_, minute) => minute);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<style>
  text { fill: #333 } .level { stroke: #999; stroke-dasharray: 4 4 } .down { fill: #c00; opacity: .08 }
  path { fill: none; stroke-width: 1.5 } .attempts { stroke: #d9480f } .accepted { stroke: #1971c2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .down { opacity: .25 } .attempts { stroke: #ff922b } .accepted { stroke: #74c0fc } }
</style>
<rect class="down" x="${x(healthyMs / 1000)}" y="${margin.top}" width="${x(downMs / 1000) - x(0)}" height="${height - margin.top - margin.bottom}"/>
<text x="${x((healthyMs + downMs / 2) / 1000)}" y="${margin.top + 14}" text-anchor="middle">collector down</text>
${level(steady, "steady rate")}
${level(2 * steady, "twice the steady rate = capacity after the return")}
<path class="attempts" d="${line(({ attempts }) => attempts)}"/>
<path class="accepted" d="${line(({ accepted }) => accepted)}"/>
<text x="${margin.left}" y="18">requests a second: <tspan fill="#d9480f">tried</tspan>, <tspan fill="#1971c2">accepted</tspan></text>
${minutes.map((minute) => `<text x="${x(minute * 60).toFixed(1)}" y="${height - 20}" text-anchor="middle">${minute}</text>`).join("")}
<text x="${width / 2}" y="${height - 4}" text-anchor="middle">minutes</text>
${[0, 1, 2, 4].map((factor) => `<text x="${margin.left - 6}" y="${(y(factor * steady) + 4).toFixed(1)}" text-anchor="end">${Math.round(factor * steady).toLocaleString("en-US")}</text>`).join("")}
</svg>
`;
}
