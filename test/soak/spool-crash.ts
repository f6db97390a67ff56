/** `node --import tsx test/soak/spool-crash.ts [kills]`: the crash test of the spool, 1,000 times by default. */
import { crash } from "../export/spool-crash.ts";

const { kills, acknowledged, lost, twice } = await crash(Number(process.argv[2] ?? 1000), 4);
console.log(`${kills} kills, ${acknowledged} requests acknowledged, ${lost.length} lost, ${twice} arrived twice`);
if (lost.length > 0) process.exitCode = 1;
