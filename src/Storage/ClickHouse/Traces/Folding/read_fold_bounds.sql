-- From when to when the traces reach.
SELECT trace_id, toUnixTimestamp64Micro(min(low)) AS earliest_us, toUnixTimestamp64Micro(max(high)) AS latest_us
FROM
(
    SELECT trace_id, min(earliest) AS low, max(latest) AS high FROM trace_bounds
    WHERE project = {project:String} AND trace_id IN {traces:Array(String)} GROUP BY trace_id
    UNION ALL
    SELECT trace_id, min(start) AS low, max(start) AS high FROM pending_spans
    WHERE project = {project:String} AND trace_id IN {traces:Array(String)} GROUP BY trace_id
)
GROUP BY trace_id
