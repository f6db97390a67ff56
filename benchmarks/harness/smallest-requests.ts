/** One span, one log record, one data point, as small as they can be. */
export const smallestRequests = {
  traces:
    '{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"bench"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"build","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}',
  logs: '{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"bench"},"logRecords":[{"severityNumber":9,"body":{"stringValue":"done"}}]}]}]}',
  metrics:
    '{"resourceMetrics":[{"scopeMetrics":[{"scope":{"name":"bench"},"metrics":[{"name":"runs","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"2","asInt":"1"}]}}]}]}]}',
};
