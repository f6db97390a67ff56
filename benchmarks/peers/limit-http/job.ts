/** The same three requests over undici, the whole package. */
import { Client } from "undici";
import type { Job } from "../../harness/job.ts";
import { smallestRequests } from "../../harness/smallest-requests.ts";

const job: Job = {
  start(url) {
    const { origin, pathname } = new URL(url);
    const client = new Client(origin);
    const post = async (signal: keyof typeof smallestRequests) => {
      const path = `${pathname}/v1/${signal}`;
      const { body } = await client.request({
        method: "POST",
        path,
        headers: { "content-type": "application/json" },
        body: smallestRequests[signal],
      });
      await body.dump();
    };
    return {
      work() {},
      shutdown: () => Promise.all([post("traces"), post("logs"), post("metrics")]).finally(() => client.close()),
    };
  },
};
export default job;
