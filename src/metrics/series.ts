/** All series of one stream: which there are, for which readers there is room. What they hold is the aggregators' matter. */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import { keyValues } from "../core/attributes.ts";
import { keyValuesText, snapshot } from "../otlp/any-value.ts";
import type { Aggregator, Point, Slot } from "./aggregator.ts";
import { type KeyFilter, SeriesLookup } from "./series-lookup.ts";

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

type Make = (slot: Slot, next: Aggregator | undefined) => Aggregator;

/** Spec: MT-26, MT-27, MT-86, MT-93, MT-97. */
export class SeriesTable {
  readonly #slots: readonly Slot[];
  readonly #make: Make;
  readonly #keeps: KeyFilter | undefined;
  readonly #limit: number;
  readonly #overflow: Aggregator;
  #lookup: SeriesLookup;

  /** @param slots one for each reader; a series is the chain of its aggregators, in their order. */
  constructor(slots: readonly Slot[], limit: number, keeps: KeyFilter | undefined, make: Make) {
    this.#slots = slots;
    this.#limit = limit;
    this.#keeps = keeps;
    this.#make = make;
    this.#lookup = this.#newLookup();
    this.#overflow = this.#chain();
    this.#lookup.add(overflowSet, this.#overflow); // MT-97
    for (let at: Aggregator | undefined = this.#overflow; at !== undefined; at = at.next) {
      at.slot.overflow = at;
      at.slot.table = this;
    }
  }

  /** The first aggregator of the series. Takes 5 to 10 ns for each attribute and allocates nothing, once they are known. Never throws. */
  find(attributes: Attributes | undefined): Aggregator {
    try {
      return this.#lookup.find(attributes) ?? this.#search(attributes);
    } catch {
      return this.#search(attributes);
    }
  }

  /** The aggregators that a bound handle records into: places are kept for them, or they are overflow series for good. Spec: MT-13. */
  pin(attributes: Attributes | undefined): Aggregator[] {
    const aggregators: Aggregator[] = [];
    for (let each: Aggregator | undefined = this.find(attributes); each !== undefined; each = each.next) {
      aggregators.push(each.slot.pin(each) ? each : each.slot.overflow);
    }
    return aggregators;
  }

  /** The series of attributes that were read before. */
  of(list: KeyValues): Aggregator {
    return this.#at(this.#lookup.setOf(list));
  }

  /** The encoded attributes of a series. */
  textOf({ at, rare }: Aggregator): string {
    return (rare?.sets ?? this.#lookup).textAt(at);
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

  /** Adds the point of an earlier interval to the current one; its series may have been forgotten since. Spec: MT-120. */
  merge(point: Point): void {
    const { slot, rare, at } = point.series;
    let series = point.series;
    if (rare?.sets !== undefined) {
      series = this.#at(rare.sets.setAt(at));
      while (series.slot !== slot) series = series.next!;
    }
    series.merge(point);
  }

  /**
   * Forgets the series that no reader has measured in its interval and no handle holds, once there are more than the limit: those of a delta
   * reader that found room in many intervals. What stays lies below the limit of each reader together. Spec: MT-94, EV-65.
   */
  sweep(): void {
    const known = this.#lookup;
    if (known.size <= this.#limit + 1) {
      known.trim();
      return;
    }
    this.#lookup = this.#newLookup();
    for (const series of known) {
      if (series === this.#overflow || !isIdle(series)) this.#lookup.add(known.setAt(series.at), series);
      else for (let each: Aggregator | undefined = series; each !== undefined; each = each.next) each.own.sets = known; // a point on its way may ask
    }
  }

  /** Which attribute has most values, for a person who has too many. */
  mostVariedKey(): string | undefined {
    return this.#lookup.mostVariedKey();
  }

  /** The long way: attributes are copied, filtered and sorted. */
  #search(attributes: Attributes | undefined): Aggregator {
    const list = keyValues(attributes);
    const set = this.#lookup.setOf(list);
    const series = this.#at(set);
    if (series !== this.#overflow) this.#lookup.remember(list, set);
    return series;
  }

  /** The series of a set, made if there is room for it with any reader. */
  #at(set: KeyValues): Aggregator {
    let series = this.#lookup.get(set);
    if (series === undefined) {
      if (!this.#slots.some((slot) => slot.hasRoom)) return this.#overflow;
      series = this.#chain();
      this.#lookup.add(set, series);
    }
    return series;
  }

  #chain(): Aggregator {
    return this.#slots.reduceRight<Aggregator | undefined>((next, slot) => this.#make(slot, next), undefined)!;
  }

  #newLookup(): SeriesLookup {
    return new SeriesLookup(this.#keeps, stepsPerSeries * (this.#limit + 4));
  }
}

function isIdle(series: Aggregator | undefined): boolean {
  for (; series !== undefined; series = series.next) if (series.isMeasured || series.isPinned) return false;
  return true;
}
