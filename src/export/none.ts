/** The exporter that does nothing. A signal that has it is inert: no queue, no timer. */
import type { Exporter } from "../core/exporter.ts";

const nothing: Exporter = Object.freeze({
  name: "none",
  returnsBody: true,
  export: () => Promise.resolve({ status: "success" } as const),
});

/** Nothing: for a signal that shall not be exported. Always the same object. Spec: EV-30. */
export function none(): Exporter {
  return nothing;
}
