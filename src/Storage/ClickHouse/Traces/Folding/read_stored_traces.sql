-- Which of these traces have spans in the tables already.
SELECT DISTINCT trace_id AS id
FROM
(
    SELECT trace_id FROM trace_bounds WHERE project = {project:String} AND trace_id IN {traces:Array(String)}
    UNION ALL
    SELECT trace_id FROM pending_spans WHERE project = {project:String} AND trace_id IN {traces:Array(String)}
)
