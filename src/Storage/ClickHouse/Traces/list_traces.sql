SELECT *
FROM (/*trace_rows*/)
WHERE start_us >= {low:Int64} AND start_us < {high:Int64}
    AND (start_us, trace_id) < ({cursor_us:Int64}, {cursor_id:String})
    AND /*filters*/
ORDER BY start_us DESC, trace_id DESC
LIMIT {limit:UInt32}
