//! One newtype for each noun that has an id, so that no id can stand in for another.
//!
//! **Invariant:** an id is a positive integer that is never reused. A room's id is the id of
//! the page it stands on; the two types convert into each other and into nothing else.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }

        impl maud::Render for $name {
            fn render_to(&self, buffer: &mut String) {
                self.0.render_to(buffer);
            }
        }
    };
}

id!(
    /// An account: a person or a bot.
    AccountId
);
id!(
    /// A group of accounts.
    GroupId
);
id!(
    /// A log-in that has not ended.
    SessionId
);
id!(
    /// A browser that can be told of messages.
    SubscriptionId
);
id!(
    /// A space of the wiki.
    SpaceId
);
id!(
    /// A page of the wiki, transcripts included.
    PageId
);
id!(
    /// The room of a page: the same number as the page's.
    RoomId
);
id!(
    /// A message within its room: the `seq` of the change that made it.
    Mid
);
id!(
    /// The count of changes in one room; rises by one with every change.
    Seq
);

impl From<PageId> for RoomId {
    fn from(page: PageId) -> Self {
        Self(page.0)
    }
}

impl From<RoomId> for PageId {
    fn from(room: RoomId) -> Self {
        Self(room.0)
    }
}
