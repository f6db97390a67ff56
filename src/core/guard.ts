/** Guards around what belongs to the user: getters, proxies and functions of theirs may throw, and nothing of it may reach them through us. */

/** What `run` gives; `otherwise` where it throws. Not for hot paths. Spec: EV-62. */
export function guarded<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch {
    return otherwise;
  }
}

/** True for a promise and what behaves like one. Never throws. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  guarded(() => typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function", false);
