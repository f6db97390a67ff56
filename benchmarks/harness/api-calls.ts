/** The workload in calls of the OpenTelemetry API, whose shape otlite shares: the same code drives both. */
import type { Attributes, Span, Tracer } from "@opentelemetry/api";
import type { LogCall, SpanShape } from "./workload.ts";

export function startSpan(tracer: Tracer, shape: SpanShape): Span {
  const span = tracer.startSpan(shape.name, { kind: server, attributes: shape.atStart });
  span.addEvent(shape.event, shape.eventFields);
  return span;
}

export function endSpan(span: Span, shape: SpanShape): void {
  span.setAttributes(shape.atEnd);
  span.setStatus({ code: ok });
  span.end();
}

export interface ApiLogger {
  emit(record: { severityNumber: number; severityText: string; body: string; attributes: Attributes }): void;
}

export function recordLog(logger: ApiLogger, { body, fields }: LogCall): void {
  logger.emit({ severityNumber: info, severityText: "INFO", body, attributes: fields });
}

const server = 1; // SpanKind.SERVER of the API
const ok = 1; // SpanStatusCode.OK
const info = 9; // SeverityNumber.INFO
