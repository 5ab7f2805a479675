-- What was decided of these traces before.
SELECT trace_id, kept, probability
FROM sampling_decisions FINAL
WHERE project = {project:String} AND trace_id IN {traces:Array(String)}
