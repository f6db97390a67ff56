/** The tags of the metric scenarios. */
import type { Tags } from "./peer.ts";
import { tagsOf } from "./workload.ts";

type MakeTags = () => Tags;

const constant = tagsOf(0, 1) as { route: string; method: string; status: string };
const { route, method, status } = constant;

/** Six places in a program that give the same tags in different orders. */
const sixOrders: readonly MakeTags[] = [
  () => ({ route, method, status }),
  () => ({ route, status, method }),
  () => ({ method, route, status }),
  () => ({ method, status, route }),
  () => ({ status, route, method }),
  () => ({ status, method, route }),
];
/** Six places that give them in the same order: what the above is measured against. */
const oneOrder: readonly MakeTags[] = [
  () => ({ route, method, status }),
  () => ({ route, method, status }),
  () => ({ route, method, status }),
  () => ({ route, method, status }),
  () => ({ route, method, status }),
  () => ({ route, method, status }),
];

/** Case → the tags of call `n`. */
export const tagCases: Readonly<Record<string, (n: number) => Tags>> = {
  "1 series": (n) => tagsOf(n, 1),
  "1,000 series": (n) => tagsOf(n, 1000),
  "1 series, six places, one key order": (n) => oneOrder[n % 6]!(),
  "1 series, six places, six key orders": (n) => sixOrders[n % 6]!(),
  "1 series, the same object": () => constant,
};
