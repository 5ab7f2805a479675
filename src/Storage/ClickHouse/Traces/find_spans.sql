-- From when to when the trace reaches, one look-up; then the few granules that hold it.
WITH
(
    SELECT (min(low), max(high)) FROM
    (
        SELECT min(earliest) AS low, max(latest) AS high FROM trace_bounds WHERE project = {project:String} AND trace_id = {trace:String} HAVING count() > 0
        UNION ALL
        SELECT min(start) AS low, max(start) AS high FROM pending_spans WHERE project = {project:String} AND trace_id = {trace:String} HAVING count() > 0
    )
) AS bounds
SELECT
    p.trace_id AS trace_id, p.span_id AS span_id, p.parent_id AS parent_id, p.kind AS kind, p.name AS name,
    toUnixTimestamp64Micro(p.start) AS start_us, p.duration_us AS duration_us, p.error AS error, p.agent AS agent, p.version AS version,
    p.purpose AS purpose, p.conversation AS conversation, p.user AS user, p.session AS session, p.case_id AS case_id, p.role AS role,
    p.provider AS provider, p.model_requested AS model_requested, p.model AS model, p.has_usage AS has_usage,
    p.input_uncached AS input_uncached, p.cache_read AS cache_read, p.cache_write AS cache_write, p.cache_write_hour AS cache_write_hour,
    p.input_audio AS input_audio, p.output_text AS output_text, p.output_reasoning AS output_reasoning, p.output_audio AS output_audio,
    p.billed_calls AS billed_calls, p.cost_nano AS cost_nano, p.cost_reason AS cost_reason, p.price_table AS price_table,
    p.confidence AS confidence, p.service AS service, p.environment AS environment, p.tool AS tool, p.response_id AS response_id,
    p.agent_name AS agent_name, p.agent_version AS agent_version, p.prompt_name AS prompt_name, p.prompt_version AS prompt_version,
    p.details AS details, p.input AS input, p.output AS output, p.attributes AS attributes, p.written AS written
FROM all_spans AS p
WHERE p.project = {project:String} AND p.trace_id = {trace:String}
    AND p.start >= bounds.1 AND p.start <= bounds.2
ORDER BY p.written DESC
LIMIT 1 BY p.span_id
