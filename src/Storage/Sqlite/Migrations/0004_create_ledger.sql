-- A line's spent and reserved are always the sums over its entries and those of the lines below it.
create table budget (
    id            text    not null primary key,
    limit_nano    integer,
    spent_nano    integer not null,
    reserved_nano integer not null
);

create table ledger_entry (
    key           text    not null primary key,
    budget        text    not null,
    reserved_nano integer not null,
    spent_nano    integer not null,
    state         text    not null check (state in ('reserved', 'settled', 'released', 'expired')),
    created_us    integer not null,
    ended_us      integer
);

create index ledger_entry_by_budget on ledger_entry (budget);
create index ledger_entry_open on ledger_entry (created_us) where state = 'reserved';
