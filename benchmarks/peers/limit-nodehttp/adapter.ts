/** Takes part in the scenarios of short programs only, with `job.ts`. */
import type { Peer } from "../../harness/peer.ts";

const peer: Peer = {};
export default peer;
