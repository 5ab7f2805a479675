-- One row a trace. Of a span that was written more than once the last one counts. The root is the agent span without a parent, else
-- the first agent span, else the first span; what the root does not know (its version, say) is taken from the next span that does.
-- argMin passes over rows whose first argument is null, which is that rule; a tuple is never null, which keeps a null of the root.
SELECT
    trace_id,
    min(s.start) AS trace_start,
    toUnixTimestamp64Micro(trace_start) AS start_us,
    argMin(tuple(s.span_id, toUnixTimestamp64Micro(s.start), s.kind, s.duration_us, s.is_error), s.root_order) AS root,
    root.1 AS root_id,
    root.2 AS root_start_us,
    root.5 AS has_error,
    if(root.3 = 'agent', root.4, max(toUnixTimestamp64Micro(s.start) + s.duration_us) - start_us) AS duration_us,
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
        p.trace_id, p.span_id, p.kind, p.start, p.duration_us, p.error IS NOT NULL AS is_error, p.agent, p.version, p.purpose,
        p.conversation, p.user, p.session, p.cost_nano, p.input_uncached, p.cache_read, p.cache_write, p.output_text, p.output_reasoning,
        tuple(p.kind != 'agent', p.parent_id IS NOT NULL, p.start, p.span_id) AS root_order
    FROM spans AS p
    WHERE p.project = {project:String} AND /*which*/
    ORDER BY p.written DESC
    LIMIT 1 BY p.trace_id, p.span_id
) AS s
GROUP BY trace_id
