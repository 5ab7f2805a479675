create table release_event (
    number  integer not null primary key autoincrement,
    agent   text    not null,
    release text    not null,
    body    text    not null
);

create index release_event_by_agent on release_event (agent, number);
