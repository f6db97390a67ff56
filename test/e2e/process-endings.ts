/** How a program may end, and what arrives of what it recorded: the tests run it, docs/process-end.md shows it. */

export interface ProcessEnding {
  readonly ending: string;
  /** As the documentation words it. */
  readonly options: string;
  /** One of `programs/`, with its arguments. */
  readonly program: readonly [string, ...string[]];
  /** Sent when the program says that it is ready. */
  readonly kill?: NodeJS.Signals;
  readonly expect: {
    /** Before the program has ended, by a helper after that, or never. */
    readonly arrives: "in time" | "by the helper" | "nothing";
    readonly code: number | null;
  };
}

const inTime = "in time";
const byHelper = "by the helper";
const nothing = "nothing";

/** The same ending with each option; a crash of Node has the code 1, a signal none. */
function endings(ending: string, program: string, way: string, code: number, ...prefix: string[]): ProcessEnding[] {
  const row = (options: string, args: string[], arrives: ProcessEnding["expect"]["arrives"]): ProcessEnding => ({
    ending,
    options,
    program: [program, ...prefix, way, ...args],
    expect: { arrives, code },
  });
  return way === "return"
    ? [
        row("default", [], inTime),
        row("`onExit: false`", ["no-flush"], nothing),
        row("`onExit: false, detachedUpload: true`", ["no-flush", "detached"], byHelper),
      ]
    : [row("default", [], nothing), row("`detachedUpload: true`", ["detached"], byHelper)];
}

function killed(
  signal: NodeJS.Signals,
  options: string,
  arrives: "in time" | "nothing",
  args: string[],
  code: number | null = null,
): ProcessEnding {
  return {
    ending: signal,
    options,
    program: ["end-of-process", "wait", ...args],
    kill: signal,
    expect: { arrives, code },
  };
}

const main = "end-of-process";
const worker = "end-of-worker";
const children = "end-of-children";

export const processEndings: readonly ProcessEnding[] = [
  ...endings("normal return", main, "return", 7),
  ...endings("`process.exit()`", main, "exit", 7),
  ...endings("uncaught exception", main, "throw", 1),
  ...endings("unhandled rejection", main, "reject", 1),
  killed("SIGTERM", "default", nothing, []),
  killed("SIGTERM", '`signals: ["SIGINT", "SIGTERM"]`', inTime, ["signals"]),
  killed("SIGTERM", "the same, and a handler of the program", inTime, ["signals", "own-handler"], 3),
  killed("SIGTERM", "`detachedUpload: true`", nothing, ["detached"]),
  killed("SIGINT", "default", nothing, []),
  killed("SIGINT", '`signals: ["SIGINT", "SIGTERM"]`', inTime, ["signals"]),
  killed("SIGKILL", "all of them", nothing, ["signals", "detached"]),
  ...endings("worker thread: return", worker, "return", 7),
  ...endings("worker thread: `process.exit()` in it", worker, "exit", 7),
  ...endings("worker thread: uncaught exception in it", worker, "throw", 1),
  {
    ending: "worker thread: `worker.terminate()`",
    options: "`detachedUpload: true`",
    program: [worker, "terminate", "detached"],
    expect: { arrives: nothing, code: 1 },
  },
  {
    ending: "worker thread: `process.exit()` of the main thread",
    options: "`detachedUpload: true`",
    program: [worker, "main-exit", "detached"],
    expect: { arrives: nothing, code: 7 },
  },
  ...endings("child by `fork`: return", children, "return", 7, "fork").slice(0, 1),
  ...endings("child by `fork`: `process.exit()`", children, "exit", 7, "fork"),
  ...endings("child by `cluster`: disconnect and return", children, "return", 7, "cluster").slice(0, 1),
  ...endings("child by `cluster`: `process.exit()`", children, "exit", 7, "cluster"),
];

/** The table of the documentation. */
export function processEndingsTable(): string {
  const rows = processEndings.map(
    ({ ending, options, expect: { arrives, code } }) =>
      `| ${ending} | ${options} | ${arrives} | ${code === null ? "the signal" : code} |`,
  );
  return [
    "| the program ends by | `shutdown` options | its records arrive | exit code |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
