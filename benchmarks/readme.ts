/** `npm run bench:readme`: writes the comparison table of the README, between its markers, from the full results. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./harness/build.ts";
import { type Figure, official, type Result, readResult, resultFile } from "./harness/result.ts";
import { short } from "./harness/table.ts";

interface Row {
  readonly what: string;
  readonly scenario: string;
  readonly case: string;
  readonly figure: string;
  /** After the number. */
  readonly unit: string;
  /** Multiplies the figure. */
  readonly scale?: number;
  readonly others?: readonly string[];
}

const flow = "flow control: a flush is awaited every 1,024";
const rows: readonly Row[] = [
  {
    what: "a span end to end over HTTP, CPU",
    scenario: "span-end-to-end",
    case: flow,
    figure: "cpu",
    unit: "µs",
    others: ["effect"],
  },
  {
    what: "a log record end to end over HTTP, CPU",
    scenario: "log-end-to-end",
    case: flow,
    figure: "cpu",
    unit: "µs",
    others: ["effect", "pino"],
  },
  {
    what: "encode a finished span",
    scenario: "encode-batch",
    case: "ASCII",
    figure: "time",
    unit: "ns",
    others: ["effect"],
  },
  {
    what: "`counter.add`, three tags, 1,000 series",
    scenario: "counter-add",
    case: "1,000 series",
    figure: "time",
    unit: "ns",
    others: ["effect", "prom-client"],
  },
  {
    what: "`histogram.record`, three tags, 1,000 series",
    scenario: "histogram-record",
    case: "1,000 series",
    figure: "time",
    unit: "ns",
    others: ["effect", "prom-client"],
  },
  {
    what: "collect and encode 10,000 series",
    scenario: "metric-collect",
    case: "counter",
    figure: "time",
    unit: "ms",
    others: ["effect", "prom-client"],
  },
  {
    what: "import and init of all signals",
    scenario: "cold-start",
    case: "import + init",
    figure: "over",
    unit: "ms",
    others: ["effect"],
  },
  {
    what: "what telemetry adds to a CLI job, delivered",
    scenario: "cold-start",
    case: "CLI job",
    figure: "over",
    unit: "ms",
    others: ["effect"],
  },
  {
    what: "longest event-loop gap, 20,000 spans flushed",
    scenario: "loop-gap",
    case: "20,000 spans",
    figure: "gap",
    unit: "ms",
    others: ["effect"],
  },
  {
    what: "lost of 16,384 spans in one turn, defaults",
    scenario: "burst-overflow",
    case: "spans",
    figure: "lost",
    unit: "%",
    others: ["effect"],
  },
  {
    what: "memory of a finished span that waits",
    scenario: "queue-memory",
    case: "16,384 spans",
    figure: "memory",
    unit: "B",
    others: ["effect"],
  },
  {
    what: "`shutdown()`, collector refuses",
    scenario: "shutdown-slow-collector",
    case: "refuses connections",
    figure: "settles",
    unit: "s",
    scale: 0.001,
    others: ["effect"],
  },
  {
    what: "`shutdown()`, collector hangs",
    scenario: "shutdown-slow-collector",
    case: "accepts, never answers",
    figure: "settles",
    unit: "s",
    scale: 0.001,
    others: ["effect"],
  },
  {
    what: "packages installed",
    scenario: "weight",
    case: "installed",
    figure: "packages",
    unit: "",
    others: ["effect"],
  },
  {
    what: "node_modules",
    scenario: "weight",
    case: "installed",
    figure: "installed",
    unit: "MB",
    scale: 1e-6,
    others: ["effect"],
  },
  {
    what: "bundle of all signals, min + gzip",
    scenario: "weight",
    case: "installed",
    figure: "gzip",
    unit: "kB",
    scale: 1e-3,
    others: ["effect"],
  },
];

const [begin, end] = ["<!-- bench:start -->", "<!-- bench:end -->"] as const;
const file = join(home, "..", "README.md");
const readme = readFileSync(file, "utf8");
const parts = readme.split(new RegExp(`(?<=${begin})[^]*(?=${end})`));
if (parts.length !== 2) throw new Error(`README.md has no ${begin} … ${end}`);
writeFileSync(file, parts.join(`\n${table()}\n`));

function table(): string {
  let measured: Result | undefined;
  const lines = rows.flatMap((row) => {
    const result = readResult(resultFile(row.scenario, { quick: false, major: "20" }));
    const peers = result?.cases[row.case];
    if (result === undefined || peers?.["otlite"]?.[row.figure] === undefined) return [];
    measured ??= result;
    const best = official
      .filter((peer) => peers[peer]?.[row.figure] !== undefined)
      .sort((a, b) => peers[a]![row.figure]!.median - peers[b]![row.figure]!.median)[0];
    const others = (row.others ?? []).filter((peer) => peers[peer]?.[row.figure] !== undefined);
    const base = best === undefined ? undefined : peers[best]![row.figure]!;
    const own = peers["otlite"][row.figure]!;
    const cells = [
      row.what,
      `**${show(own, row)}**`,
      base === undefined ? "" : show(base, row),
      base === undefined || base.median === 0 ? "" : (own.median / base.median).toPrecision(2),
      others.map((peer) => `${peer} ${show(peers[peer]![row.figure]!, row)}`).join(", "),
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  if (measured === undefined) throw new Error("no results: npm run bench");
  const { node, machine, versions } = measured;
  const lineages = official.map((peer) => {
    const { "@opentelemetry/sdk-metrics": sdk, "@opentelemetry/exporter-trace-otlp-http": exporter } = versions[peer]!;
    return `${sdk} with exporters ${exporter}`;
  });
  return `| | otlite | OpenTelemetry SDK | ratio | others |
| --- | ---: | ---: | ---: | --- |
${lines.join("\n")}

Medians, Node ${node.slice(1)}, ${machine.cores} × ${machine.cpu}. The OpenTelemetry SDK is the better of ${lineages.join(" and ")} in each line. All
figures with their spread, versions and other cases: [benchmarks](benchmarks/README.md).`;
}

function show({ median }: Figure, { unit, scale = 1 }: Row): string {
  return `${short(median * scale)} ${unit}`.trim();
}
