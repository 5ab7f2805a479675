-- From when to when the traces of one batch reach, earlier batches included.
SELECT trace_id, toUnixTimestamp64Micro(min(earliest)) AS earliest_us, toUnixTimestamp64Micro(max(latest)) AS latest_us
FROM trace_bounds
WHERE project = {project:String} AND trace_id IN
    (SELECT DISTINCT trace_id FROM spans WHERE project = {project:String} AND written >= {first:UInt64} AND written <= {last:UInt64})
GROUP BY trace_id
