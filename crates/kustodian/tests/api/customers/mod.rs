mod create;
mod delete;
mod list;
mod lookup;
mod update;
