/** prom-client: what Node programs use for metrics without OpenTelemetry. It is scraped, so that a flush is its text. */
import type { Peer } from "../../harness/peer.ts";

const peer: Peer = {
  async metrics() {
    const { Counter, Histogram, Registry } = await import("prom-client");
    const registers = [new Registry()];
    const labelNames = ["route", "method", "status"];
    const buckets = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
    const counter = new Counter({ name: "bench_requests", help: "Requests", labelNames, registers });
    const histogram = new Histogram({ name: "bench_duration", help: "Duration", labelNames, registers, buckets });
    let bytes = 0;
    return {
      add: (value, tags) => counter.inc(tags, value),
      record: (value, tags) => histogram.observe(tags, value),
      bindAdd(tags) {
        const bound = counter.labels(tags);
        return (value) => bound.inc(value);
      },
      bindRecord(tags) {
        const bound = histogram.labels(tags);
        return (value) => bound.observe(value);
      },
      async flush() {
        bytes += Buffer.byteLength(await registers[0]!.metrics());
      },
      shutdown: async () => {},
      takeBytes() {
        const taken = bytes;
        bytes = 0;
        return taken;
      },
    };
  },
};
export default peer;
