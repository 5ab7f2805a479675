create table audit_entry (
    sequence  integer not null primary key,
    at_us     integer not null,
    principal text    not null,
    action    text    not null,
    target    text    not null,
    detail    text    not null,
    previous  text    not null,
    hash      text    not null
);

-- The last entry's number and hash, so that entries cut off at the end are missed too.
create table audit_head (
    only_row integer not null primary key check (only_row = 1),
    sequence integer not null,
    hash     text    not null
);

create trigger audit_entry_keeps_order before insert on audit_entry
when new.sequence <> (select coalesce(max(sequence), 0) + 1 from audit_entry)
begin
    select raise(abort, 'The audit log is append-only: an entry goes behind the last one.');
end;

create trigger audit_entry_is_not_updated before update on audit_entry
begin
    select raise(abort, 'The audit log is append-only: entries are never changed.');
end;

create trigger audit_entry_is_not_deleted before delete on audit_entry
begin
    select raise(abort, 'The audit log is append-only: entries are never deleted.');
end;
