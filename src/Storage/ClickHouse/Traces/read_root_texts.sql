SELECT trace_id, input, output, error
FROM spans
WHERE project = {project:String}
    AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start <= fromUnixTimestamp64Micro({high:Int64})
    AND trace_id IN {traces:Array(String)} AND (trace_id, span_id) IN (SELECT arrayJoin(arrayZip({traces:Array(String)}, {roots:Array(String)})))
ORDER BY written DESC
LIMIT 1 BY trace_id
