/** The floor of a command line job: three small requests over `node:http`, made of constant text. */
import { Agent, request } from "node:http";
import type { Job } from "../../harness/job.ts";
import { smallestRequests } from "../../harness/smallest-requests.ts";

const job: Job = {
  start(url) {
    const agent = new Agent({ keepAlive: true });
    const post = (signal: keyof typeof smallestRequests) =>
      new Promise<void>((resolve, reject) => {
        const headers = { "content-type": "application/json", "content-length": smallestRequests[signal].length };
        request(`${url}/v1/${signal}`, { method: "POST", agent, headers }, (response) => {
          response.resume().on("end", resolve);
        })
          .on("error", reject)
          .end(smallestRequests[signal]);
      });
    return {
      work() {},
      shutdown: () => Promise.all([post("traces"), post("logs"), post("metrics")]).finally(() => agent.destroy()),
    };
  },
};
export default job;
