/** Items recorded, encoded and thrown away inside the process: no network, no collector. */
import { cpuSince, median } from "./clock.ts";
import type { Figures } from "./scenario.ts";

const itemsPerFlush = 512;

/** CPU time and bytes of one item: the median of many flushes. */
export async function encodedItems(
  record: (n: number) => void,
  pipeline: { flush(): Promise<unknown>; takeBytes(): number },
  options: { flushes: number; items?: number },
): Promise<Figures & { time: number; wire: number }> {
  const { flushes, items = itemsPerFlush } = options;
  const samples: number[] = [];
  for (let flush = 0, n = 0; flush < flushes; flush++) {
    const cpu = cpuSince();
    for (const end = n + items; n < end; n++) record(n);
    await pipeline.flush();
    samples.push((cpu() * 1000) / items);
  }
  return { time: median(samples.slice(flushes >> 2)), wire: pipeline.takeBytes() / (flushes * items) };
}
