p.trace_id = {trace:String}
    AND p.start >= (SELECT min(earliest) FROM trace_bounds WHERE project = {project:String} AND trace_id = {trace:String})
    AND p.start <= (SELECT max(latest) FROM trace_bounds WHERE project = {project:String} AND trace_id = {trace:String})
