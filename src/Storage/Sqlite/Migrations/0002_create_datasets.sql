create table dataset_revision (
    number     integer not null primary key autoincrement,
    id         text    not null unique,
    dataset    text    not null,
    agent      text    not null,
    created_us integer not null,
    search     integer not null,
    confirm    integer not null,
    vault      integer not null,
    left_out   text    not null
);

create index dataset_revision_by_dataset on dataset_revision (dataset, created_us);
create index dataset_revision_by_agent on dataset_revision (agent, created_us);

create table dataset_case (
    revision text    not null references dataset_revision (id),
    position integer not null,
    split    text    not null,
    trace    text,
    body     text    not null,
    primary key (revision, position)
) without rowid;

create index dataset_case_by_trace on dataset_case (trace) where trace is not null;
