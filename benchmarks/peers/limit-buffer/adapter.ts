/**
 * The floor that a real client is measured against: one short string per record, written at once into a kept buffer, metric series found
 * through a trie of Maps. Without sampling, limits, checks, context, retry, bounds, or a look at the answers.
 */
import type { Peer } from "../../harness/peer.ts";
import { requests } from "./request.ts";
import { Histogram, Sum, Trie } from "./series.ts";
import { type LimitSpan, logsHead, logText, makeSpan, spansHead, spanText } from "./text.ts";

const peer: Peer<LimitSpan> = {
  async traces(setup) {
    const { add, flush, close, takeBytes } = await requests("/v1/traces", spansHead, setup);
    return { start: makeSpan, end: (span) => add(spanText(span)), flush, shutdown: close, takeBytes };
  },
  async logs(setup) {
    const { add, flush, close, takeBytes } = await requests("/v1/logs", logsHead, setup);
    return { log: (call) => add(logText(call)), flush, shutdown: close, takeBytes };
  },
  async metrics() {
    const sums = new Trie(() => new Sum());
    const histograms = new Trie(() => new Histogram());
    return {
      add: (value, tags) => sums.find(tags).add(value),
      record: (value, tags) => histograms.find(tags).record(value),
      bindAdd(tags) {
        const bound = sums.find(tags);
        return (value) => bound.add(value);
      },
      bindRecord(tags) {
        const bound = histograms.find(tags);
        return (value) => bound.record(value);
      },
      flush: async () => {},
      shutdown: async () => {},
      takeBytes: () => 0,
    };
  },
  async encoder() {
    const { add, flush, takeBytes } = await requests("", spansHead, {});
    return {
      prepare(shapes) {
        const spans = shapes.map(makeSpan);
        return () => {
          for (const span of spans) add(spanText(span));
          flush();
          return takeBytes();
        };
      },
    };
  },
};
export default peer;
