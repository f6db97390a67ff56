/** The next turn of the event loop: Node's own, whatever a test has put in the place of the global `setImmediate`. */
import { builtin } from "./builtin.ts";

const { setImmediate } = builtin("node:timers");

export const inNextTurn = (work: () => void): void => void setImmediate(work);

export const nextTurn = (): Promise<void> => new Promise(inNextTurn);
