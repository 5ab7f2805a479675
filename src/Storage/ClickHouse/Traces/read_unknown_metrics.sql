SELECT name, count() AS count, toUnixTimestamp64Micro(max(at)) AS latest_us
FROM feedback FINAL
WHERE project = {project:String} AND lower(name) NOT IN (SELECT lower(arrayJoin({known:Array(String)})))
GROUP BY name
ORDER BY count DESC, name
LIMIT 1000
