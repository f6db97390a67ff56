/** pino, writing to /dev/null through its asynchronous destination: what a log record costs without any delivery. */
import type { Peer } from "../../harness/peer.ts";

const peer: Peer = {
  async logs() {
    const { default: pino } = await import("pino");
    const destination = pino.destination({ dest: "/dev/null", sync: false, minLength: 4096 });
    const logger = pino({ base: { service: "bench" } }, destination);
    return {
      log: ({ body, fields }) => logger.info(fields, body),
      flush: () => new Promise((resolve) => destination.flush(resolve)),
      shutdown: async () => destination.end(),
      takeBytes: () => 0,
    };
  },
};
export default peer;
