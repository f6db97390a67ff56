/** The last measurement, whatever it was. */
import type { NumberPoint, UnixNano } from "../otlp/records.ts";
import { Aggregator, type Exemplars, type PointOf } from "./aggregator.ts";

/** Keeps NaN and the infinities as well. Spec: MT-18, MT-21, MT-23, MT-42. */
export class LastValue extends Aggregator {
  #value: number | bigint = 0;

  override record(value: number | bigint): void {
    if (this.start === undefined && !this.begin()) {
      (this.slot.overflow as LastValue).record(value);
      return;
    }
    this.#value = value;
  }

  override recordBig(value: bigint): void {
    this.record(this.slot.stream.isInt ? value : Number(value));
  }

  /** A value measured since then is newer and stays. */
  override merge(point: PointOf<NumberPoint>): void {
    if (!this.isMeasured) this.record(point.value);
  }

  protected override point(_start: UnixNano, timeUnixNano: UnixNano, exemplars: Exemplars): PointOf<NumberPoint> {
    const { isInt } = this.slot.stream;
    return { series: this, startTimeUnixNano: "", timeUnixNano, exemplars, value: this.#value, isInt };
  }

  protected override reset(): void {}
}
