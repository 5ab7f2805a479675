// Exports one small trace, log record or counter with OpenTelemetry's own exporter, and prints what it was and how the export ended.
// node export.mjs traces|logs|metrics proto|json|grpc [none|gzip]; the address comes from OTEL_EXPORTER_OTLP_ENDPOINT, as everywhere.
import { trace, context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';

const [signal, protocol, compression = 'none'] = process.argv.slice(2);
const resource = resourceFromAttributes({ 'service.name': 'node-desk', 'service.version': '4.2.0' });

let tell;
const ended = new Promise(resolve => { tell = resolve; });
const watched = exporter => {
  const inner = exporter.export.bind(exporter);
  exporter.export = (items, done) => inner(items, result => {
    tell({ code: result.code, error: result.error ? String(result.error.message) : null });
    done(result);
  });
  return exporter;
};

const load = name => import(`@opentelemetry/exporter-${name}-otlp-${protocol === 'json' ? 'http' : protocol}`);

async function exportTrace() {
  const { OTLPTraceExporter } = await load('trace');
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(watched(new OTLPTraceExporter({ compression })))] });
  const tracer = provider.getTracer('desk');
  const agent = tracer.startSpan('invoke_agent desk', { attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk', 'gen_ai.conversation.id': 'conv-node' } });
  const below = trace.setSpan(context.active(), agent);
  const call = tracer.startSpan('chat gpt-5-mini', {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-5-mini', 'gen_ai.response.model': 'gpt-5-mini',
      'gen_ai.usage.input_tokens': 57, 'gen_ai.usage.output_tokens': 18, 'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Où est mon colis ? 📦' }] }]),
      'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'It left on "Monday".' }], finish_reason: 'stop' }]),
    },
  }, below);
  call.end();
  const tool = tracer.startSpan('execute_tool track', {
    attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'track', 'gen_ai.tool.call.id': 'call_1', 'gen_ai.tool.call.arguments': '{"parcel":"A-1042"}' },
  }, below);
  tool.setStatus({ code: SpanStatusCode.ERROR, message: 'carrier timed out' });
  tool.end();
  agent.end();
  await provider.forceFlush();
  return { provider, trace_id: agent.spanContext().traceId, span_ids: [agent, call, tool].map(span => span.spanContext().spanId) };
}

async function exportLogs() {
  const { OTLPLogExporter } = await load('logs');
  const { LoggerProvider, BatchLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
  const exporter = watched(new OTLPLogExporter({ compression }));
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
  provider.getLogger('desk').emit({ eventName: 'gen_ai.user.message', body: { content: 'Where is my parcel?' }, attributes: { 'event.name': 'gen_ai.user.message' } });
  await provider.forceFlush();
  return { provider };
}

async function exportMetrics() {
  const { OTLPMetricExporter } = await load('metrics');
  const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  const provider = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter: watched(new OTLPMetricExporter({ compression })) })] });
  provider.getMeter('desk').createCounter('gen_ai.client.token.usage').add(57, { 'gen_ai.token.type': 'input' });
  await provider.forceFlush();
  return { provider };
}

const { provider, ...what } = await { traces: exportTrace, logs: exportLogs, metrics: exportMetrics }[signal]();
const result = await ended;
console.log(JSON.stringify({ ...what, ...result }));
await provider.shutdown();
