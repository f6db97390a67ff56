/** The console exporter: for people who want to see what would be sent. What renders the lines is loaded with the first request. */
import { ConfigError } from "../core/errors.ts";
import type { Exporter, ExportResult } from "../core/exporter.ts";
import { group } from "../core/options.ts";

/** Where the lines go: `process.stdout`, a file stream, anything that can write text. */
export interface LineStream {
  write(text: string, callback: (error?: Error | null) => void): unknown;
}

/**
 * One readable line per record. The format is not stable; do not parse it. Spec: EV-30, MT-126.
 * @param options `stream`: where to, `process.stdout` by default.
 */
export function consoleExporter(options: { stream?: LineStream } = {}): Exporter {
  const { stream = process.stdout } = group("consoleExporter", options, ["stream"]);
  if (typeof stream?.write !== "function") throw new ConfigError("consoleExporter.stream", "a writable stream", stream);
  return {
    name: "console",
    returnsBody: true,
    async export({ signal, body }): Promise<ExportResult> {
      const { linesOf } = await import("./console-lines.ts");
      const text = linesOf(signal, body);
      return new Promise((resolve) => {
        stream.write(text, (error) => {
          if (error) resolve({ status: "failed", reason: "connection", retryable: false, message: error.message });
          else resolve({ status: "success" });
        });
      });
    },
  };
}
