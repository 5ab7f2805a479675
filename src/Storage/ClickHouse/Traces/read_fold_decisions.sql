-- What was decided of the traces of one batch before.
SELECT trace_id, kept, probability
FROM sampling_decisions FINAL
WHERE project = {project:String} AND trace_id IN
    (SELECT DISTINCT trace_id FROM pending_spans WHERE project = {project:String} AND written >= {first:UInt64} AND written <= {last:UInt64})
