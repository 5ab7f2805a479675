create table session (
    number     integer not null primary key autoincrement,
    id         text    not null unique,
    agent      text    not null,
    name       text,
    created_us integer not null
);

create table session_event (
    session  text    not null references session (id),
    sequence integer not null,
    at_us    integer not null,
    body     text    not null,
    primary key (session, sequence)
) without rowid;
