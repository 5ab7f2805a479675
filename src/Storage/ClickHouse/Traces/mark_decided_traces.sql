-- The rows of traces that were decided now: with their probability, or taken away. Spans that come later bring a later row.
INSERT INTO traces
SELECT t.* REPLACE (d.probability AS probability, t.written + 1 AS written, if(d.kept = 1, 0, 1) AS deleted)
FROM traces AS t FINAL
INNER JOIN
    (SELECT trace_id, kept, probability FROM sampling_decisions FINAL WHERE project = {project:String} AND at >= fromUnixTimestamp64Micro({since:Int64})) AS d
    ON d.trace_id = t.trace_id
WHERE t.project = {project:String}
    AND t.start >= (SELECT min(start) FROM pending_spans WHERE project = {project:String})
    AND t.start <= (SELECT max(start) FROM pending_spans WHERE project = {project:String})
    AND (d.kept = 0 OR d.probability < 1)
