create table tool_recording (
    id integer not null primary key,
    agent text not null,
    recorded text not null,
    tool text not null,
    operation text not null,
    fingerprint text not null,
    arguments text not null,
    answer text not null,
    at_us integer not null
);

create index tool_recording_recorded on tool_recording (recorded, agent);
create index tool_recording_at on tool_recording (at_us);
create index tool_recording_operation on tool_recording (agent, tool, operation, id);

create table tool_catalog (
    agent text not null,
    tool text not null,
    body text not null,
    saved_us integer not null,
    primary key (agent, tool)
) without rowid;

create table tool_trust (
    agent text not null,
    tool text not null,
    digest text not null,
    principal text not null,
    at_us integer not null,
    primary key (agent, tool, digest)
) without rowid;
