/** The last measurement, whatever it was. */
import type { UnixNano } from "../otlp/records.ts";
import { Aggregator, encodeNumber, type Integer, type Points } from "./aggregator.ts";

/** Keeps NaN and the infinities as well. Spec: MT-18, MT-21, MT-23, MT-42. */
export class LastValue extends Aggregator<Integer[]> {
  readonly #values: Integer[] = [];

  override takes(): boolean {
    return true;
  }

  override record(series: number, value: number): void {
    this.#values[this.begin(series)] = value;
  }

  override recordBig(series: number, value: bigint): void {
    this.#values[this.begin(series)] = this.stream.isInt ? value : Number(value);
  }

  /** A value measured since then is newer and stays. */
  override merge(series: number, { values }: Points<Integer[]>, at: number): void {
    if (!this.isMeasured(series)) this.#values[this.begin(series)] = values[at]!;
  }

  override encode(points: Points<Integer[]>, at: number): string {
    return encodeNumber(points, at, this.stream.isInt);
  }

  protected override take(series: readonly number[], starts: UnixNano[]): Integer[] {
    starts.fill(""); // a gauge has no interval
    return series.map((each) => this.#values[each]!);
  }
}
