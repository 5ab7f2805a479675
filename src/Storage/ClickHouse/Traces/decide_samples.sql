-- Decides the traces of which nothing more came for a while. Kept for sure: what went wrong, what people or rules call for; of the rest a
-- share, by a hash of the conversation, so that conversations are whole. A trace that is kept by its hash alone stands for 1/share of them.
INSERT INTO sampling_decisions (project, trace_id, kept, probability, at)
WITH bad AS
(
    -- Feedback that speaks against the answer: a thumb down, an escalation, a correction.
    SELECT DISTINCT target FROM feedback FINAL
    WHERE project = {project:String} AND (demonstration IS NOT NULL
        OR (value IS NOT NULL AND arrayExists((n, at, lower) -> n = name AND (value >= at) = (lower != 0), {metrics:Array(String)}, {pass_at:Array(Float64)}, {lower:Array(UInt8)})))
)
SELECT
    t.project, t.trace_id,
    must_keep OR cityHash64(ifNull(t.conversation, t.trace_id)) % 1000000000 < {share:Float64} * 1000000000 AS kept,
    if(must_keep, 1., {share:Float64}) AS probability,
    fromUnixTimestamp64Micro({now:Int64})
FROM
(
    SELECT *,
        has_error OR purpose != 'production'
        OR duration_us >= {slow_us:Int64} OR known_cost_nano >= {dear_nano:Int64}
        OR has({users:Array(String)}, ifNull(user, '')) OR has({versions:Array(String)}, ifNull(toString(version), ''))
        OR hasAny(tools, {tools:Array(String)})
        OR trace_id IN (SELECT target FROM bad) OR ifNull(conversation, '') IN (SELECT target FROM bad) OR hasAny(response_ids, (SELECT groupArray(target) FROM bad))
        AS must_keep
    FROM traces FINAL
    WHERE project = {project:String}
        AND start >= (SELECT min(start) FROM pending_spans WHERE project = {project:String})
        AND start <= (SELECT max(start) FROM pending_spans WHERE project = {project:String})
) AS t
INNER JOIN
    (SELECT trace_id, max(written) AS latest FROM pending_spans WHERE project = {project:String} GROUP BY trace_id) AS p ON p.trace_id = t.trace_id
WHERE p.latest < if(t.incomplete, {patience_before:UInt64}, {quiet_before:UInt64})
    AND t.trace_id NOT IN (SELECT trace_id FROM sampling_decisions WHERE project = {project:String})
