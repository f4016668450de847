//! Who a permission is for, as people write it: `alice, @staff, everyone, anyone`.
//!
//! **Invariant:** a list with one unknown name in it is refused whole: leaving the name out
//! would give or take a right that nobody asked for.

use rusqlite::{Connection, named_params};

use crate::account;
use crate::error::{Error, Result};
use crate::id::{AccountId, GroupId};

/// Somebody, or several, that a permission names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Signed in or not.
    Anyone,
    /// Every account.
    Everyone,
    /// One account.
    Account(AccountId),
    /// The members of a group.
    Group(GroupId),
}

impl Subject {
    /// The two columns of the schema.
    pub(crate) fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Anyone => ("anyone", 0),
            Self::Everyone => ("everyone", 0),
            Self::Account(id) => ("account", id.0),
            Self::Group(id) => ("group", id.0),
        }
    }
}

/// Reads a list of names with commas; empty is the empty list.
pub(crate) fn parse(connection: &Connection, list: &str) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let subject = match name.strip_prefix('@') {
            Some(group) => account::group_by_name(connection, group)?.map(Subject::Group),
            None if name.eq_ignore_ascii_case("anyone") => Some(Subject::Anyone),
            None if name.eq_ignore_ascii_case("everyone") => Some(Subject::Everyone),
            None => account::by_name(connection, name)?.map(|found| Subject::Account(found.id)),
        };
        let subject = subject.ok_or_else(|| {
            Error::invalid(
                "subjects",
                format!("“{name}” is no account and no group. Groups begin with @."),
            )
        })?;
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// Names with commas, of the rows that `kind` and `id` columns hold.
pub(crate) fn print(connection: &Connection, rows: &[(String, i64)]) -> Result<String> {
    let mut names = Vec::new();
    for (kind, id) in rows {
        let name: String = connection
            .prepare_cached(
                "select case :kind
                   when 'account' then (select name from account where id = :id)
                   when 'group' then (select '@' || name from account_group where id = :id)
                   else :kind end",
            )?
            .query_row(named_params! { ":kind": kind, ":id": id }, |row| row.get(0))?;
        names.push(name);
    }
    Ok(names.join(", "))
}
