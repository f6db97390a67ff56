/** Metric series found through a trie of Maps over keys and values, in the order of the caller's object; nothing is checked. */
import type { Tags } from "../../harness/peer.ts";

const boundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

interface Node<S> {
  series: S | undefined;
  readonly next: Map<string, Map<string, Node<S>>>;
}

export class Trie<S> {
  readonly #root: Node<S> = { series: undefined, next: new Map() };
  readonly #make: () => S;
  readonly all: { tags: Tags; series: S }[] = [];

  constructor(make: () => S) {
    this.#make = make;
  }

  find(tags: Tags): S {
    let node = this.#root;
    for (const key in tags) {
      let values = node.next.get(key);
      if (values === undefined) node.next.set(key, (values = new Map()));
      const value = tags[key]!;
      let child = values.get(value);
      if (child === undefined) values.set(value, (child = { series: undefined, next: new Map() }));
      node = child;
    }
    return (node.series ??= this.#add(tags));
  }

  #add(tags: Tags): S {
    const series = this.#make();
    this.all.push({ tags, series });
    return series;
  }
}

export class Sum {
  value = 0;
  add(value: number): void {
    this.value += value;
  }
}

export class Histogram {
  readonly buckets = new Float64Array(boundaries.length + 1);
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  record(value: number): void {
    let bucket = 0;
    while (bucket < boundaries.length && value > boundaries[bucket]!) bucket++;
    this.buckets[bucket]!++;
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}
