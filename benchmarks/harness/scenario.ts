/** What a scenario file exports. `measure` runs in a fresh process for each round, case and peer; the harness does the rest. */
import type { Peer } from "./peer.ts";

export interface Scenario {
  readonly title: string;
  /** Name of each figure → its unit, in the order of the columns. */
  readonly figures: Readonly<Record<string, string>>;
  /** The figure that is compared with the official SDK; lower is better. */
  readonly compare: string;
  readonly cases: readonly string[];
  readonly peers: readonly string[];
  /** Fresh processes per case and peer; default 5. */
  readonly rounds?: number;
  /** Flags of that process. */
  readonly execArgv?: readonly string[];
  /** What the case asks of one peer. `undefined`: the peer has no such thing. */
  measure(run: Run): Promise<Figures | undefined>;
}

/** Name of the figure → its value. */
export type Figures = Readonly<Record<string, number>>;

export interface Run {
  readonly name: string;
  readonly peer: Peer;
  readonly case: string;
  readonly round: number;
  /** The amount of work: `full`, or about an eighth of it in quick mode. */
  amount(full: number): number;
  readonly quick: boolean;
  readonly sink: SinkClient;
}

/** The collector of the benchmarks, in a process of its own. */
export interface SinkClient {
  /** Takes everything. */
  readonly url: string;
  /** Accepts and never answers. */
  readonly hangingUrl: string;
  /** Answers 503 with `Retry-After: 5`. */
  readonly busyUrl: string;
  /** What has arrived since the last call. */
  take(): Promise<Taken>;
}

export interface Taken {
  readonly requests: number;
  readonly bytes: number;
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
}

/** For type inference, and so that each scenario says in its first line what it is. */
export function scenario(definition: Scenario): Scenario {
  return definition;
}
