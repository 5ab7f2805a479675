-- Tool calls that wait, or waited, for a person's word.
create table tool_approval (
    id       text    not null primary key,
    agent    text    not null,
    state    text    not null,
    body     text    not null,
    asked_us integer not null
);

create index tool_approval_by_time on tool_approval (asked_us);
