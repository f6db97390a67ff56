/** One call of an exporter, guarded: it settles with a result whatever the exporter does. */
import type { Deadline } from "../core/clock.ts";
import type { Exporter, ExportRequest, ExportResult } from "../core/exporter.ts";
import { inNextTurn } from "../core/turn.ts";

export type Failure = Extract<ExportResult, { status: "failed" }>;

/**
 * Gives the exporter's result. One that throws, rejects or gives something else has failed; one that has not settled a turn of the event loop
 * after `deadline` has aborted is left behind, as a timeout. Never rejects. Spec: TR-93, OH-65, EV-62.
 */
export function attempt(exporter: Exporter, request: ExportRequest, deadline: Deadline): Promise<ExportResult> {
  return new Promise((resolve) => {
    const finish = (result: ExportResult) => {
      forget();
      deadline.clear();
      resolve(result);
    };
    // the turn lets an exporter that heeds the abort say what became of the request, a spool for one
    const forget = deadline.whenPassed(() => inNextTurn(() => finish(failure("timeout", "the export took too long"))));
    const onError = (error: unknown) => finish(failure("bad_response", `the exporter threw: ${wordsOf(error)}`));
    try {
      exporter.export(request).then((result) => finish(checked(result, request.items)), onError);
    } catch (error) {
      onError(error);
    }
  });
}

const failure = (reason: Failure["reason"], message: string): Failure => ({
  status: "failed",
  reason,
  retryable: false,
  message,
});

/** A result that can be counted: users write exporters too, and a destination may reject more than it was sent. */
function checked(result: ExportResult, items: number): ExportResult {
  switch (result?.status) {
    case "success":
    case "stored":
      return result;
    case "partial": {
      const rejected = Number(result.rejected);
      return { ...result, rejected: rejected > 0 ? Math.min(Math.floor(rejected), items) : 0 };
    }
    case "failed":
      return result;
  }
  return failure("bad_response", "the exporter gave no result");
}

function wordsOf(error: unknown): string {
  try {
    return String(error).slice(0, 200);
  } catch {
    return "something that is no text";
  }
}
