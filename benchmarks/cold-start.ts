/**
 * What a short program pays: import and init of all three signals, and a whole command line job (start of process, init, one span, one log
 * record, one counter, delivered shutdown, exit). Each run stands beside a run of the same program without telemetry; the difference counts.
 */
import { bundleJob } from "./harness/bundle.ts";
import { median } from "./harness/clock.ts";
import { type Figures, scenario } from "./harness/scenario.ts";
import { type JobRun, spawnJob } from "./harness/spawn-job.ts";

const importInit = "import + init";
const bundled = "CLI job, bundled into one file";
const off = "CLI job, every signal off";
const disabled = "CLI job, OTEL_SDK_DISABLED";
const environments: Readonly<Record<string, Record<string, string>>> = {
  [off]: { BENCH_SIGNALS: "off" },
  [disabled]: { OTEL_SDK_DISABLED: "true" },
};

export default scenario({
  title: "Cold start",
  figures: {
    over: "ms over a bare process",
    total: "ms in all",
    import: "import ms",
    init: "init ms",
    memory: "MB RSS over a bare process",
    delivered: "of 3 delivered",
  },
  compare: "over",
  cases: [importInit, "CLI job", bundled, off, disabled],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-http", "limit-nodehttp", "bare"],
  rounds: 7,
  async measure({ name, case: caseName, sink, quick }): Promise<Figures | undefined> {
    const env = environments[caseName];
    if (env !== undefined && name !== "otlite") return undefined; // the others have no such switch in the packages used here
    const job = caseName === bundled ? (await bundleJob(name)).entry : name;
    const extent = caseName === importInit ? "init" : "job";
    const bareJob = caseName === bundled ? (await bundleJob("bare")).entry : "bare";
    await spawnJob({ job, extent, url: sink.url, env }); // fills the file cache
    await sink.take();
    const runs: { own: JobRun; bare: JobRun }[] = [];
    for (let pair = 0; pair < (quick ? 3 : 5); pair++) {
      const own = await spawnJob({ job, extent, url: sink.url, env });
      runs.push({ own, bare: await spawnJob({ job: bareJob, extent, url: sink.url }) });
    }
    const { spans, logs, points } = await sink.take();
    const of = (figure: (run: { own: JobRun; bare: JobRun }) => number) => median(runs.map(figure));
    return {
      over: of(({ own, bare }) =>
        extent === "job" ? own.totalMs - bare.totalMs : own.importMs + own.initMs - bare.importMs - bare.initMs,
      ),
      total: of(({ own }) => own.totalMs),
      import: of(({ own }) => own.importMs),
      init: of(({ own }) => own.initMs),
      memory: of(({ own, bare }) => own.rssMb - bare.rssMb),
      ...(extent === "job" && env === undefined ? { delivered: (spans + logs + points) / runs.length } : {}),
    };
  },
});
