/** A short program, as people write command line tools: all three signals, a little work, shutdown. `peers/<name>/job.ts` imports its peer statically. */
export interface Job {
  /** The telemetry of all three signals, sending to the collector at `url`. */
  start(url: string): RunningJob;
}

export interface RunningJob {
  /** So many spans, one log record, one counter. */
  work(spans: number): void;
  /** All three signals, side by side. Rejects where the peer does. */
  shutdown(): Promise<unknown>;
}

/** What a job process says of itself. */
export interface JobReport {
  readonly importMs: number;
  readonly initMs: number;
  readonly rssMb: number;
  readonly settledMs: number;
  readonly outcome: string;
}
