//! A month of a room: on which days something was said, and how much.

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::error::{Error, Result};
use crate::id::RoomId;
use crate::permission::{Grant, View};
use crate::room::{self, Room};

/// What a month shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// The room.
    pub room: Room,
    /// The first of the month.
    pub first: Date,
    /// The days that have a transcript, in order, with how many messages stand in it.
    pub days: Vec<(Date, i64)>,
    /// The first of the month before it in which something was said.
    pub previous: Option<Date>,
    /// The first of the month after it in which something was said.
    pub next: Option<Date>,
    /// The day that it is in the room.
    pub today: Date,
}

/// The month of a room with this day in it; without one that of the latest transcript.
pub async fn month(app: &App, grant: &Grant<View>, of: Option<Date>) -> Result<Month> {
    let room = grant.room();
    let now = app.clock.now();
    grant
        .read(app, move |connection| {
            let room = room::select(connection, room)?;
            let today = room::today(&room, now);
            let first = match of {
                Some(day) => day,
                None => latest(connection, room.id)?.unwrap_or(today),
            }
            .first_of_month();
            let last = first.last_of_month();
            Ok(Month {
                first,
                days: select(connection, room.id, first, last)?,
                previous: beside(
                    connection,
                    "select max(day) from transcript where room = ?1 and day < ?2",
                    room.id,
                    first,
                )?,
                next: beside(
                    connection,
                    "select min(day) from transcript where room = ?1 and day > ?2",
                    room.id,
                    last,
                )?,
                today,
                room,
            })
        })
        .await
}

impl Month {
    /// The weeks of the month from Monday on, with days of the months beside it left out.
    pub fn weeks(&self) -> Vec<[Option<Date>; 7]> {
        let lead = self.first.weekday().to_monday_zero_offset();
        let start = self.first.saturating_sub(i64::from(lead).days());
        let mut weeks = Vec::new();
        for week in 0..6_i64 {
            let row: [Option<Date>; 7] = std::array::from_fn(|place| {
                let ahead = week * 7 + i64::try_from(place).unwrap_or(0);
                let day = start.saturating_add(ahead.days());
                (day.first_of_month() == self.first).then_some(day)
            });
            if row.iter().any(Option::is_some) {
                weeks.push(row);
            }
        }
        weeks
    }

    /// How many messages were said on a day.
    pub fn n_messages(&self, day: Date) -> Option<i64> {
        self.days.iter().find(|(said, _)| *said == day).map(|(_, n_messages)| *n_messages)
    }
}

fn select(
    connection: &Connection,
    room: RoomId,
    first: Date,
    last: Date,
) -> Result<Vec<(Date, i64)>> {
    let mut statement = connection.prepare_cached(
        "select day, (select count(*) from message
                      where message.room = transcript.room and message.day = transcript.day
                        and removed_at is null)
         from transcript where room = ?1 and day between ?2 and ?3 order by day",
    )?;
    let rows = statement
        .query_map((room, first.to_string(), last.to_string()), |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|(day, n_messages)| Ok((day.parse().map_err(Error::broken)?, n_messages)))
        .collect()
}

fn latest(connection: &Connection, room: RoomId) -> Result<Option<Date>> {
    let day: Option<String> = connection
        .prepare_cached("select max(day) from transcript where room = ?1")?
        .query_row([room], |row| row.get(0))?;
    day.map(|day| day.parse().map_err(Error::broken)).transpose()
}

fn beside(connection: &Connection, sql: &str, room: RoomId, day: Date) -> Result<Option<Date>> {
    let day: Option<String> = connection
        .prepare_cached(sql)?
        .query_row((room, day.to_string()), |row| row.get(0))
        .optional()?
        .flatten();
    day.map(|day| Ok(day.parse::<Date>().map_err(Error::broken)?.first_of_month())).transpose()
}
