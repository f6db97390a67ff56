/** All series of one stream: which there are, and which number each has. What they hold is the aggregators' matter. */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import { keyValues } from "../core/attributes.ts";
import { keyValuesText, snapshot } from "../otlp/any-value.ts";
import { type Aggregator, type AttributeSets, overflow, type Points } from "./aggregator.ts";
import { type KeyFilter, SeriesLookup, unknown } from "./series-lookup.ts";

export type { KeyFilter };

/** Spec: MT-91. */
const overflowSet: KeyValues = { keys: ["otel.metric.overflow"], values: [true] };

/** Steps of key orders that are remembered, for each series that may exist. */
const stepsPerSeries = 16;

/** Attributes as text that is equal for equal sets, whatever the order they came in. Spec: MT-26. */
export function attributesText({ keys, values }: KeyValues): string {
  const order = keys.map((_, i) => i).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
  return keyValuesText({ keys: order.map((i) => keys[i]!), values: order.map((i) => values[i]) });
}

/** The series of a stream, by number. What is measured for them stands in the aggregators, one for each reader. Spec: MT-26, MT-27, MT-86, MT-93, MT-97. */
export class SeriesTable {
  readonly aggregators: readonly Aggregator[];
  readonly #keeps: KeyFilter | undefined;
  readonly #limit: number;
  #lookup: SeriesLookup;
  /** Numbers below it are or were in use; those of forgotten series are free again. */
  #next = 0;
  #free: number[] = [];
  /** Numbers below it have room in the aggregators. */
  #capacity = 0;

  constructor(aggregators: readonly Aggregator[], limit: number, keeps: KeyFilter | undefined) {
    this.aggregators = aggregators;
    this.#limit = limit;
    this.#keeps = keeps;
    this.#lookup = this.#newLookup();
    this.#add(overflowSet); // MT-97
  }

  /** Where the attributes of the series stand, for now. */
  get sets(): AttributeSets {
    return this.#lookup;
  }

  /** The series. Takes 5 to 10 ns for each attribute and allocates nothing, once they are known. Never throws. */
  find(attributes: Attributes | undefined): number {
    try {
      const series = this.#lookup.find(attributes);
      return series === unknown ? this.#search(attributes) : series;
    } catch {
      return this.#search(attributes);
    }
  }

  /** For each aggregator the series that a bound handle records into: a place is kept for it, or it is the overflow for good. Spec: MT-13. */
  pin(attributes: Attributes | undefined): number[] {
    const series = this.find(attributes);
    return this.aggregators.map((each) => (each.pin(series) ? series : overflow));
  }

  /** The series of attributes that were read before. */
  of(list: KeyValues): number {
    return this.#at(this.#lookup.setOf(list));
  }

  /** The attributes that a filter keeps from the series. Spec: MT-102. */
  filteredAttributes(attributes: Attributes | undefined): KeyValues | undefined {
    const keeps = this.#keeps;
    if (keeps === undefined) return undefined;
    const { keys, values } = keyValues(attributes);
    return {
      keys: keys.filter((key) => !keeps(key)),
      values: values.filter((_, i) => !keeps(keys[i]!)).map((each) => snapshot(each)),
    };
  }

  /** The series of a point of an earlier interval; it may have been forgotten since. Spec: MT-120. */
  seriesOf({ series, sets }: Points, at: number): number {
    return sets === this.#lookup || series[at] === overflow ? series[at]! : this.of(sets.setAt(series[at]!));
  }

  /**
   * Forgets the series that no reader has measured in its interval and no handle holds, once there are more than the limit: those of a delta
   * reader that found room in many intervals. What stays lies below the limit of each reader together. Spec: MT-94, EV-65.
   */
  sweep(): void {
    const known = this.#lookup;
    if (known.size > this.#limit + 1) {
      this.#lookup = this.#newLookup();
      for (const series of known) {
        if (series === overflow || this.aggregators.some((each) => each.needs(series)))
          this.#lookup.add(known.setAt(series), series);
        else {
          for (const each of this.aggregators) each.forget(series);
          this.#free.push(series);
        }
      }
    }
    this.#lookup.trim();
    if (this.#capacity > this.#next) this.#resize(this.#next);
  }

  /** Which attribute has most values, for a person who has too many. */
  mostVariedKey(): string | undefined {
    return this.#lookup.mostVariedKey();
  }

  /** The long way: attributes are copied, filtered and sorted. */
  #search(attributes: Attributes | undefined): number {
    const list = keyValues(attributes);
    const set = this.#lookup.setOf(list);
    const series = this.#at(set);
    if (series !== overflow) this.#lookup.remember(list, set);
    return series;
  }

  /** The series of a set, made if there is room for it with any reader. */
  #at(set: KeyValues): number {
    const series = this.#lookup.get(set);
    if (series !== unknown) return series;
    return this.aggregators.some((each) => each.hasRoom) ? this.#add(set) : overflow;
  }

  #add(set: KeyValues): number {
    const series = this.#free.pop() ?? this.#next++;
    if (series >= this.#capacity) this.#resize(series + (series >> 2) + 2);
    this.#lookup.add(set, series);
    return series;
  }

  #resize(capacity: number): void {
    this.#capacity = capacity;
    for (const each of this.aggregators) each.resize(capacity);
  }

  #newLookup(): SeriesLookup {
    return new SeriesLookup(this.#keeps, stepsPerSeries * (this.#limit + 4));
  }
}
