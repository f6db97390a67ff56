/** The one place that loads undici, at the first request. */
import type { ClientConstructor } from "./sender.ts";

/** Just what a POST needs of it: 20 files instead of 110, a third of the time; the whole package where that part cannot be had. */
export async function loadClient(): Promise<ClientConstructor> {
  try {
    // @ts-expect-error: undici describes only the whole
    return (await import("undici/lib/dispatcher/client.js")).default as ClientConstructor;
  } catch {
    return (await import("undici")).Client as unknown as ClientConstructor;
  }
}
