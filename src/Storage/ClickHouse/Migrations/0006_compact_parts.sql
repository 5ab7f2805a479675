-- A part has some files for each of its columns unless it is compact. For tables of 45 columns that take a batch a second, making and
-- syncing those files cost a third of the store's time. Traces are read by the column, so their large parts stay wide.
ALTER TABLE spans MODIFY SETTING min_bytes_for_wide_part = 1073741824, merge_selector_base = 10;

ALTER TABLE pending_spans MODIFY SETTING min_bytes_for_wide_part = 1073741824, merge_selector_base = 10;

ALTER TABLE traces MODIFY SETTING min_bytes_for_wide_part = 67108864, merge_selector_base = 10;
