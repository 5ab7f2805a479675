p.trace_id IN
    (
        SELECT trace_id FROM spans
        WHERE project = {project:String} AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})
    )
    AND p.start >=
    (
        SELECT min(earliest) FROM trace_bounds
        WHERE project = {project:String} AND trace_id IN
        (
            SELECT trace_id FROM spans
            WHERE project = {project:String} AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})
        )
    )
    AND p.start <=
    (
        SELECT max(latest) FROM trace_bounds
        WHERE project = {project:String} AND trace_id IN
        (
            SELECT trace_id FROM spans
            WHERE project = {project:String} AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})
        )
    )
