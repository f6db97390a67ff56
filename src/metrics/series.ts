/**
 * From attributes to the series they belong to, the record path: a trie of keys and values, which costs no memory for a known path, over a map
 * of encoded attributes, which makes all orders of one set one series. Owns which series exist; what they hold is the aggregators' matter.
 */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import { keyValues } from "../core/attributes.ts";
import { keyValue, keyValuesText, snapshot } from "../otlp/any-value.ts";
import type { Aggregator, Point, Slot } from "./aggregator.ts";

/** Spec: MT-91. */
const overflowAttributes = keyValue("otel.metric.overflow", true);

/** Nodes of the trie for each series that may exist; beyond it paths are found by their text, about 1 us instead of 30 ns. */
const nodesPerSeries = 16;

/** Leaves an attribute out when false. Spec: MT-81, MT-86. */
export type KeyFilter = (key: string) => boolean;

/**
 * A point on a path. What may follow is a key with its values, in the node itself for the first key seen here, else in a node of `otherKeys`
 * that stands for that key alone. The first value of a key has a field of its own: many keys have only one.
 */
class PathNode {
  series: Aggregator | undefined;
  key = "";
  value: unknown;
  child: PathNode | undefined;
  children: Map<unknown, PathNode> | undefined;
  otherKeys: Map<string, PathNode> | undefined;
}

/** Attributes as the key of a series: typed, in the order of their code units, whatever the order they came in. Spec: MT-26. */
export function attributesText({ keys, values }: KeyValues, keeps?: KeyFilter): string {
  const order: number[] = [];
  for (let i = 0; i < keys.length; i++) if (keeps?.(keys[i]!) !== false) order.push(i);
  order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
  return keyValuesText({ keys: order.map((i) => keys[i]!), values: order.map((i) => values[i]) });
}

/** All series of one stream. Spec: MT-26, MT-27, MT-86, MT-93, MT-97. */
export class SeriesTable {
  readonly #slots: readonly Slot[];
  readonly #make: (slot: Slot, attributes: string, next: Aggregator | undefined) => Aggregator;
  readonly #keeps: KeyFilter | undefined;
  readonly #limit: number;
  readonly #series = new Map<string, Aggregator>();
  readonly #overflow: Aggregator;
  #root = new PathNode();
  #nodes = 0;

  /** @param slots one for each reader; a series is the chain of its aggregators, in their order. */
  constructor(
    slots: readonly Slot[],
    limit: number,
    keeps: KeyFilter | undefined,
    make: (slot: Slot, attributes: string, next: Aggregator | undefined) => Aggregator,
  ) {
    this.#slots = slots;
    this.#limit = limit;
    this.#keeps = keeps;
    this.#make = make;
    this.#overflow = this.#chain(overflowAttributes);
    for (let at: Aggregator | undefined = this.#overflow; at !== undefined; at = at.next) at.slot.overflow = at;
    this.#series.set(overflowAttributes, this.#overflow); // MT-97
  }

  /** The first aggregator of the series. Takes 5 to 8 ns for each attribute and allocates nothing, once the path is known. Never throws. */
  find(attributes: Attributes | undefined): Aggregator {
    let node = this.#root;
    const keeps = this.#keeps;
    try {
      // inherited keys are walked but never remembered: such attributes take the long way, which does not see them
      for (const key in attributes) {
        if (keeps !== undefined && !keeps(key)) continue;
        const value = attributes[key];
        if (value === undefined) continue;
        const branch = key === node.key ? node : node.otherKeys?.get(key);
        if (branch === undefined) return this.#search(attributes);
        const next = value === branch.value ? branch.child : branch.children?.get(value);
        if (next === undefined) return this.#search(attributes);
        node = next;
      }
    } catch {
      return this.#search(attributes);
    }
    return node.series ?? this.#search(attributes);
  }

  /** The aggregators that a bound handle records into: places are kept for them, or they are overflow series for good. Spec: MT-13. */
  pin(attributes: Attributes | undefined): Aggregator[] {
    const aggregators: Aggregator[] = [];
    for (let each: Aggregator | undefined = this.find(attributes); each !== undefined; each = each.next) {
      aggregators.push(each.slot.pin(each) ? each : each.slot.overflow);
    }
    return aggregators;
  }

  /** The series with these encoded attributes, made if there is room for it with any reader. */
  at(text: string): Aggregator {
    let series = this.#series.get(text);
    if (series === undefined) {
      if (!this.#slots.some((slot) => slot.hasRoom)) return this.#overflow;
      series = this.#chain(text);
      this.#series.set(text, series);
    }
    return series;
  }

  /** The series of attributes that were read before. */
  of(list: KeyValues): Aggregator {
    return this.at(attributesText(list, this.#keeps));
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

  /** Adds the point of a reader's earlier interval to its current one. Spec: MT-120. */
  merge(slot: Slot, point: Point): void {
    let series: Aggregator = this.at(point.attributes);
    while (series.slot !== slot) series = series.next!;
    series.merge(point);
  }

  /**
   * Forgets the series that no reader has measured in its interval and no handle holds, once there are more than the limit: those of a delta
   * reader that found room in many intervals. What stays lies below the limit of each reader together. Spec: MT-94, EV-65.
   */
  sweep(): void {
    if (this.#series.size <= this.#limit + 1) return;
    for (const [text, series] of this.#series) if (isIdle(series)) this.#series.delete(text);
    this.#series.set(overflowAttributes, this.#overflow);
    this.#root = new PathNode();
    this.#nodes = 0;
  }

  /** Which attribute has most values, of the first series, for a person who has too many. */
  mostVariedKey(): string | undefined {
    const valuesOf = new Map<string, Set<string>>();
    for (const text of [...this.#series.keys()].slice(0, 500)) {
      for (const { key, value } of JSON.parse(`[${text}]`)) {
        if (!valuesOf.has(key)) valuesOf.set(key, new Set());
        valuesOf.get(key)!.add(JSON.stringify(value));
      }
    }
    return [...valuesOf].sort(([, a], [, b]) => b.size - a.size)[0]?.[0];
  }

  /** The long way: attributes are copied, filtered, sorted and encoded. */
  #search(attributes: Attributes | undefined): Aggregator {
    const list = keyValues(attributes);
    const series = this.of(list);
    if (series !== this.#overflow) this.#remember(list, series);
    return series;
  }

  /** Makes the path as it was given. Values with an inside have no path: they may change while their identity stays. */
  #remember({ keys, values }: KeyValues, series: Aggregator): void {
    const most = nodesPerSeries * (this.#limit + 4);
    if (this.#nodes + keys.length > most || values.some(hasInside)) return;
    let node = this.#root;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (this.#keeps?.(key) === false) continue;
      node = this.#follow(this.#branch(node, key), values[i]);
    }
    node.series = series;
  }

  #branch(node: PathNode, key: string): PathNode {
    if (node.key === key) return node;
    if (node.key === "") {
      node.key = key;
      return node;
    }
    node.otherKeys ??= new Map();
    let branch = node.otherKeys.get(key);
    if (branch === undefined) {
      this.#nodes++;
      branch = new PathNode();
      node.otherKeys.set(key, branch);
    }
    return branch;
  }

  #follow(branch: PathNode, value: unknown): PathNode {
    const known = branch.value === value ? branch.child : branch.children?.get(value);
    if (known !== undefined) return known;
    this.#nodes++;
    const child = new PathNode();
    if (branch.child === undefined) {
      branch.value = value;
      branch.child = child;
    } else {
      branch.children ??= new Map();
      branch.children.set(value, child);
    }
    return child;
  }

  #chain(text: string): Aggregator {
    return this.#slots.reduceRight<Aggregator | undefined>((next, slot) => this.#make(slot, text, next), undefined)!;
  }
}

const hasInside = (value: unknown): boolean =>
  typeof value === "object" ? value !== null : typeof value === "function" || typeof value === "symbol";

function isIdle(series: Aggregator | undefined): boolean {
  for (; series !== undefined; series = series.next) if (series.isMeasured || series.isPinned) return false;
  return true;
}
