-- Keys begin with their time: rows that are stored together then lie on one page of the table itself.
create table ledger_entry_by_key (
    key           text    not null primary key,
    budget        text    not null,
    reserved_nano integer not null,
    spent_nano    integer not null,
    state         text    not null check (state in ('reserved', 'settled', 'released', 'expired')),
    created_us    integer not null,
    lease_us      integer,
    ended_us      integer
) without rowid;

insert into ledger_entry_by_key (key, budget, reserved_nano, spent_nano, state, created_us, lease_us, ended_us)
select key, budget, reserved_nano, spent_nano, state, created_us, lease_us, ended_us from ledger_entry;

drop table ledger_entry;
alter table ledger_entry_by_key rename to ledger_entry;
create index ledger_entry_by_budget on ledger_entry (budget);
create index ledger_entry_open on ledger_entry (created_us) where state = 'reserved';
