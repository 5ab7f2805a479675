-- Where in an agent its calls of models come from.
create table call_site (
    agent   text    not null,
    name    text    not null,
    body    text    not null,
    calls   integer not null,
    first_us integer not null,
    last_us  integer not null,
    primary key (agent, name)
);
