-- Times are microseconds since 1970 in UTC, money is nano-dollars, JSON is text: the same in every dialect.
create table agent (
    name   text not null primary key,
    source text not null,
    head   text not null
);
