/** One `beforeExit` listener for all that want to be flushed when the program, or the worker thread, has nothing more to do. */
import { systemClock } from "./clock.ts";

/** A flush, and for how long it may still hold the process, in milliseconds. */
interface ExitFlush {
  readonly flush: (timeoutMs: number) => Promise<unknown> | undefined;
  remainingMs: number;
}

const flushes = new Set<ExitFlush>();

/**
 * Runs `flush` each time the event loop is empty; it must settle in the time that it is given, and give `undefined` at once when there is nothing
 * to flush. All its runs together get `timeoutMs`, so that a program which records something at each `beforeExit` ends too. The exit code stays
 * the program's. Returns what takes it back; the listener goes with the last one. Spec: EV-70.
 */
export function flushBeforeExit(
  flush: (timeoutMs: number) => Promise<unknown> | undefined,
  timeoutMs: number,
): () => void {
  const registered = { flush, remainingMs: timeoutMs };
  if (flushes.size === 0) process.on("beforeExit", flushAll);
  flushes.add(registered);
  return () => {
    if (flushes.delete(registered) && flushes.size === 0) process.off("beforeExit", flushAll);
  };
}

function flushAll(): void {
  for (const registered of flushes) run(registered).catch(() => {}); // whoever flushes reports its own faults
}

async function run(registered: ExitFlush): Promise<void> {
  if (registered.remainingMs < 0) return;
  const startMs = systemClock.monotonicMs();
  const flushing = registered.flush(Math.ceil(registered.remainingMs));
  if (flushing === undefined) return;
  await flushing;
  registered.remainingMs -= systemClock.monotonicMs() - startMs;
}
