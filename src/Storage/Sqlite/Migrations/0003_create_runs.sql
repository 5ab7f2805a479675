create table run_result (
    key      text    not null primary key,
    saved_us integer not null,
    body     text    not null
);
