SELECT target_kind, target, span_id, name, source, label, value, comment, demonstration, toUnixTimestamp64Micro(at) AS at_us
FROM feedback FINAL
WHERE project = {project:String} AND (
    (target_kind = 'trace' AND target IN {traces:Array(String)})
    OR (target_kind = 'response' AND target IN {responses:Array(String)})
    OR (target_kind = 'conversation' AND target IN {conversations:Array(String)}))
ORDER BY at, name, source, target
