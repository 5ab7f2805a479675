-- One row a trace. Of a span that was written more than once the last one counts. The root is the agent span without a parent, else
-- the first agent span, else the first span; what the root does not know (its version, say) is taken from the next span that does:
-- argMin passes over rows whose first argument is null.
SELECT
    s.trace_id AS trace_id,
    toUnixTimestamp64Micro(min(s.start)) AS start_us,
    argMin(s.span_id, s.root_order) AS root_id,
    toUnixTimestamp64Micro(argMin(s.start, s.root_order)) AS root_start_us,
    argMin(s.is_error, s.root_order) AS has_error,
    if(
        argMin(s.kind, s.root_order) = 'agent',
        argMin(s.duration_us, s.root_order),
        max(toUnixTimestamp64Micro(s.start) + s.duration_us) - start_us) AS duration_us,
    argMin(s.agent, s.root_order) AS agent,
    argMin(s.version, s.root_order) AS version,
    argMin(s.purpose, s.root_order) AS purpose,
    argMin(s.conversation, s.root_order) AS conversation,
    argMin(s.user, s.root_order) AS user,
    argMin(s.session, s.root_order) AS session,
    countIf(s.kind = 'attempt') AS attempts,
    countIf(s.kind = 'attempt' AND s.cost_nano IS NULL) AS unpriced_attempts,
    sumIf(ifNull(s.cost_nano, 0), s.kind = 'attempt') AS known_cost_nano,
    sumOrNullIf(s.input_uncached, s.kind = 'attempt') AS input_uncached,
    sumOrNullIf(s.cache_read, s.kind = 'attempt') AS cache_read,
    sumOrNullIf(s.cache_write, s.kind = 'attempt') AS cache_write,
    sumOrNullIf(s.output_text, s.kind = 'attempt') AS output_text,
    sumOrNullIf(s.output_reasoning, s.kind = 'attempt') AS output_reasoning
FROM
(
    SELECT
        p.trace_id AS trace_id, p.span_id AS span_id, p.kind AS kind, p.start AS start, p.duration_us AS duration_us,
        p.error IS NOT NULL AS is_error, p.agent AS agent, p.version AS version, p.purpose AS purpose, p.conversation AS conversation,
        p.user AS user, p.session AS session, p.cost_nano AS cost_nano, p.input_uncached AS input_uncached, p.cache_read AS cache_read,
        p.cache_write AS cache_write, p.output_text AS output_text, p.output_reasoning AS output_reasoning,
        -- One number instead of a tuple, which is several times slower to compare: how near to a root, then start, then a stable tie.
        bitShiftLeft(toUInt128(2 * (p.kind != 'agent') + (p.parent_id IS NOT NULL)), 120)
            + bitShiftLeft(toUInt128(toUnixTimestamp64Micro(p.start)), 64)
            + cityHash64(p.span_id) AS root_order
    FROM spans AS p
    WHERE p.project = {project:String} AND /*which*/
    ORDER BY p.written DESC
    LIMIT 1 BY p.trace_id, p.span_id
) AS s
GROUP BY s.trace_id
