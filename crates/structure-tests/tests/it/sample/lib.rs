mod facade;
mod plain;
mod user;
