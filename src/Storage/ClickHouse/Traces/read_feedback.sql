SELECT trace_id, name, source, label, value, comment, toUnixTimestamp64Micro(at) AS at_us
FROM feedback FINAL
WHERE project = {project:String} AND trace_id IN {traces:Array(String)}
ORDER BY trace_id, at, name, source
