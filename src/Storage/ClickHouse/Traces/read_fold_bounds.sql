-- From when to when the traces of one batch reach, earlier batches included.
WITH batch AS
    (SELECT DISTINCT trace_id FROM all_spans WHERE project = {project:String} AND written >= {first:UInt64} AND written <= {last:UInt64})
SELECT trace_id, toUnixTimestamp64Micro(min(low)) AS earliest_us, toUnixTimestamp64Micro(max(high)) AS latest_us
FROM
(
    SELECT trace_id, min(earliest) AS low, max(latest) AS high FROM trace_bounds
    WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM batch) GROUP BY trace_id
    UNION ALL
    SELECT trace_id, min(start) AS low, max(start) AS high FROM pending_spans
    WHERE project = {project:String} AND trace_id IN (SELECT trace_id FROM batch) GROUP BY trace_id
)
GROUP BY trace_id
