SELECT count() AS rows, toUnixTimestamp64Micro(min(start)) AS earliest_us, toUnixTimestamp64Micro(max(start)) AS latest_us FROM traces
