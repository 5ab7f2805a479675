-- The secret itself is nowhere: only its SHA-256.
create table api_key (
    id           text    not null primary key,
    secret_hash  blob    not null unique,
    body         text    not null,
    created_us   integer not null,
    revoked_us   integer,
    last_used_us integer
);
