/** Process signals, only where a program asks for them: end in order, then let the signal take its course. */
import { builtin } from "./builtin.ts";

const finishers = new Map<NodeJS.Signals, Set<() => Promise<unknown>>>();
/** On our listeners: copies of this module must not take each other for the program's own handlers. */
const mark = Symbol.for("otlite.signals");
let isEnding = false;

/**
 * At the first of `signals` calls `finish`, which must settle in bounded time. When all that asked for the signal have finished it is re-raised,
 * unless the program has a handler of its own, which then decides about the end and its exit code. A further signal meanwhile takes its course at
 * once. Returns what takes it back. In a worker thread, where Node gives no signals, it does nothing. Spec: EV-70.
 */
export function finishOnSignals(signals: readonly NodeJS.Signals[], finish: () => Promise<unknown>): () => void {
  for (const signal of signals) {
    const all = finishers.get(signal) ?? new Set();
    finishers.set(signal, all.add(finish));
    // first in line: a handler that was added with `once` is still there to be seen
    if (all.size === 1) process.prependListener(signal, onSignal);
  }
  return () => {
    for (const signal of signals) {
      const all = finishers.get(signal);
      if (all?.delete(finish) && all.size === 0) process.off(signal, onSignal);
    }
  };
}

async function onSignal(signal: NodeJS.Signals): Promise<void> {
  const isOurs = process.listeners(signal).every((listener) => mark in listener);
  if (!isEnding) {
    isEnding = true;
    await Promise.allSettled([...finishers.get(signal)!].map((finish) => finish()));
    isEnding = false;
  }
  process.off(signal, onSignal);
  finishers.delete(signal);
  if (isOurs && process.listenerCount(signal) === 0) raise(signal); // else the program's handler, or the last of the copies
}
onSignal[mark] = true;

function raise(signal: NodeJS.Signals): void {
  try {
    process.kill(process.pid, signal);
  } catch {
    process.exit(128 + builtin("node:os").constants.signals[signal]); // Windows cannot raise all of them
  }
}
