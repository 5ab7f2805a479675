SELECT
    p.trace_id AS trace_id, p.span_id AS span_id, p.parent_id AS parent_id, p.kind AS kind, p.name AS name,
    toUnixTimestamp64Micro(p.start) AS start_us, p.duration_us AS duration_us, p.error AS error, p.agent AS agent, p.version AS version,
    p.purpose AS purpose, p.conversation AS conversation, p.user AS user, p.session AS session, p.case_id AS case_id, p.role AS role,
    p.provider AS provider, p.model_requested AS model_requested, p.model AS model, p.has_usage AS has_usage,
    p.input_uncached AS input_uncached, p.cache_read AS cache_read, p.cache_write AS cache_write, p.output_text AS output_text,
    p.output_reasoning AS output_reasoning, p.cost_nano AS cost_nano, p.cost_reason AS cost_reason, p.price_table AS price_table,
    p.confidence AS confidence, p.input AS input, p.output AS output, p.attributes AS attributes
FROM
(
    SELECT * FROM spans AS p
    WHERE p.project = {project:String} AND /*which*/
    ORDER BY p.written DESC
    LIMIT 1 BY p.trace_id, p.span_id
) AS p
-- Of spans that start together, the outer one comes first.
ORDER BY p.start, p.duration_us DESC, p.kind = 'tool', p.kind = 'attempt', p.kind = 'model', p.span_id
