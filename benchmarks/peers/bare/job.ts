import type { Job } from "../../harness/job.ts";

const job: Job = { start: () => ({ work() {}, shutdown: async () => {} }) };
export default job;
