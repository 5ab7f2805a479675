-- Spans of kept traces go where they stay: all of those decided now, and what came since the last time of those decided before.
INSERT INTO spans
SELECT * FROM pending_spans
WHERE project = {project:String} AND trace_id IN
(
    SELECT trace_id FROM sampling_decisions FINAL WHERE project = {project:String} AND kept = 1 AND at >= fromUnixTimestamp64Micro({since:Int64})
    UNION DISTINCT
    SELECT d.trace_id FROM sampling_decisions AS d FINAL WHERE d.project = {project:String} AND d.kept = 1 AND d.trace_id IN
        (SELECT trace_id FROM pending_spans WHERE project = {project:String} AND written >= {since:UInt64})
)
