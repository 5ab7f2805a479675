-- Where these traces stand in the table now.
SELECT trace_id, toUnixTimestamp64Micro(start) AS start_us
FROM traces
WHERE project = {project:String}
    AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start <= fromUnixTimestamp64Micro({high:Int64})
    AND trace_id IN {traces:Array(String)}
GROUP BY trace_id, start
HAVING argMax(deleted, written) = 0
