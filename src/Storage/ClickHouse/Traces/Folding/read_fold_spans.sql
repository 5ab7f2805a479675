-- What folding a trace needs of its spans: not their details, attributes and messages, and of texts only what a list shows or finds.
SELECT
    p.trace_id AS trace_id, p.span_id AS span_id, p.parent_id AS parent_id, p.kind AS kind, p.name AS name,
    toUnixTimestamp64Micro(p.start) AS start_us, p.duration_us AS duration_us, p.error AS error, p.agent AS agent, p.version AS version,
    p.purpose AS purpose, p.conversation AS conversation, p.user AS user, p.session AS session, p.model AS model,
    p.model_requested AS model_requested, p.has_usage AS has_usage,
    p.input_uncached AS input_uncached, p.cache_read AS cache_read, p.cache_write AS cache_write, p.cache_write_hour AS cache_write_hour,
    p.input_audio AS input_audio, p.output_text AS output_text, p.output_reasoning AS output_reasoning, p.output_audio AS output_audio,
    p.cost_nano AS cost_nano, p.service AS service, p.environment AS environment, p.tool AS tool, p.response_id AS response_id,
    p.agent_name AS agent_name, p.agent_version AS agent_version, p.prompt_name AS prompt_name, p.prompt_version AS prompt_version,
    multiIf(p.kind IN ('agent', 'chain', 'retrieval') OR p.parent_id IS NULL, p.input, p.kind = 'tool', substringUTF8(p.input, 1, 2000), NULL) AS input,
    multiIf(p.kind IN ('agent', 'chain', 'model', 'event') OR p.parent_id IS NULL, p.output, p.kind = 'tool', substringUTF8(p.output, 1, 2000), NULL) AS output,
    p.written AS written
FROM all_spans AS p
WHERE p.project = {project:String}
    AND p.start >= fromUnixTimestamp64Micro({low:Int64}) AND p.start <= fromUnixTimestamp64Micro({high:Int64})
    AND p.trace_id IN {traces:Array(String)}
ORDER BY p.trace_id, p.written DESC
LIMIT 1 BY p.trace_id, p.span_id
