-- Work of providers that is billed when it is done: responses in the background, batches; and files, for whose they are.
create table deferred_bill (
    kind       text    not null,
    id         text    not null,
    body       text    not null,
    created_us integer not null,
    ended_us   integer,
    ended      text,
    primary key (kind, id)
) without rowid;

create index deferred_bill_open on deferred_bill (created_us) where ended_us is null;
