/** Nothing at all: what the harness itself costs. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Peer } from "../../harness/peer.ts";

const pipeline = { flush: async () => {}, shutdown: async () => {}, takeBytes: () => 0 };
let seen: unknown;

const peer: Peer = {
  traces: async () => ({ start: (shape) => shape, end: (span) => void (seen = span), ...pipeline }),
  logs: async () => ({ log: (call) => void (seen = call), ...pipeline }),
  metrics: async () => ({
    add: (_value, tags) => void (seen = tags),
    record: (_value, tags) => void (seen = tags),
    bindAdd: () => (value) => void (seen = value),
    bindRecord: () => (value) => void (seen = value),
    ...pipeline,
  }),
  /** The least that a context can cost: one AsyncLocalStorage. */
  async context() {
    const storage = new AsyncLocalStorage();
    const other = { other: seen };
    return { with: (work) => storage.run(other, work), read: () => storage.getStore() };
  },
};
export default peer;
