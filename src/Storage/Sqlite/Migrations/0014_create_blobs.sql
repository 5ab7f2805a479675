create table blob (
    hash text not null primary key,
    body blob not null
) without rowid;
