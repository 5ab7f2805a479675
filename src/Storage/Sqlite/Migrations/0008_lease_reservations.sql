-- Until when a reservation holds; one that nobody ended by then is given back. What was reserved before has none and is given back at a start.
alter table ledger_entry add column lease_us integer;
