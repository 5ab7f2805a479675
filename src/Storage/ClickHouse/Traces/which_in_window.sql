-- Traces with a span in the window, and all of their spans: those that began before it are known by that. Where the spans are is
-- looked up, so that only the parts of the table around the window are read.
p.trace_id IN (/*in_window*/)
    AND p.start >= (SELECT min(earliest) FROM trace_bounds WHERE project = {project:String} AND trace_id IN (/*in_window*/))
    AND p.start <= (/*end*/)
    AND /*narrowing*/
