//! The demo wiki: what a newcomer sees in the first minute.
//!
//! It is made by the same verbs that people use, with a clock that is moved along, so that it
//! shows nothing that could not have happened.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::account::Viewer;
use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::config::Config;
use crate::draft::Draft;
use crate::error::Result;
use crate::id::{PageId, RoomId};
use crate::mandate::Mandate;
use crate::markup;
use crate::message;
use crate::page::{self, PageDraft};
use crate::permission::{self, Post};
use crate::restriction::{self, Operation};
use crate::roster::{self, NewAccount};
use crate::session::{self, Origin};
use crate::space::{self, Rights};

/// The accounts and the password of all of them.
const PEOPLE: [(&str, &str, bool); 3] = [
    ("alice", "Alice Moreau", true),
    ("bob", "Bob Tanaka", false),
    ("carol", "Carol Lindqvist", false),
];
const PASSWORD: &str = "demo";

/// Fills the file if it is empty; a file that has anything in it is left alone.
pub async fn fill(config: &Config) -> Result<()> {
    let real = Clock::real().now();
    let clock =
        Clock::standing(real.saturating_sub(SignedDuration::from_hours(24 * 6)).unwrap_or(real));
    let app = App::open(Config { limits: false, ..config.clone() }, clock)?;
    if roster::list(&app, &Mandate::operator(), "", "").await?.is_empty() {
        make(&app, real).await?;
    }
    app.store.close().await;
    Ok(())
}

async fn make(app: &Shared, now: Timestamp) -> Result<()> {
    let mut people = HashMap::new();
    for (name, display, admin) in PEOPLE {
        let groups = if name == "carol" { vec![] } else { vec!["planning".into()] };
        roster::add(
            app,
            &Mandate::operator(),
            NewAccount {
                name: name.into(),
                display: display.into(),
                admin,
                groups,
                password: PASSWORD.into(),
            },
        )
        .await?;
        let token = session::log_in(app, name, PASSWORD.into(), &Origin::default()).await?;
        let token = token.session()?.token;
        people.insert(name, session::viewer(app, &token).await?);
    }
    let everyone = Rights { view: "anyone".into(), ..Rights::default() };
    space::add(app, &Mandate::operator(), "DEMO", "Observatory", everyone).await?;
    let Some(alice) = people.get("alice") else { return Ok(()) };
    let home = write_page(app, alice, None, "Welcome", HOME).await?;
    let telescope = write_page(app, alice, Some(home), "Mirror upgrade", MIRROR).await?;
    write_page(app, alice, Some(telescope), "Coating checklist", CHECKLIST).await?;
    let night = write_page(app, alice, Some(home), "Night shift", NIGHT).await?;
    let budget = write_page(app, alice, Some(home), "Budget 2027", BUDGET).await?;
    write_page(app, alice, Some(home), "Notation", markup::NOTATION).await?;
    restriction::set(app, alice, budget, Operation::View, "@planning").await?;
    for (days_ago, minute, lines) in PAST {
        let day = now - SignedDuration::from_hours(24 * days_ago);
        let begun =
            start_of_day(day).saturating_add(SignedDuration::from_mins(*minute)).unwrap_or(day);
        talk(app, &people, telescope, begun, lines).await?;
    }
    talk(app, &people, night, now - SignedDuration::from_hours(26), NIGHT_TALK).await?;
    talk(app, &people, budget, now - SignedDuration::from_hours(25), BUDGET_TALK).await?;
    // The lively room: the last line was said a moment ago.
    let n_minutes: i64 = TODAY.iter().map(|(pause, _, _)| *pause).sum();
    talk(app, &people, telescope, now - SignedDuration::from_mins(n_minutes + 1), TODAY).await?;
    for viewer in people.values() {
        session::log_out(app, viewer).await?;
    }
    Ok(())
}

fn start_of_day(at: Timestamp) -> Timestamp {
    at.to_zoned(jiff::tz::TimeZone::UTC).start_of_day().map_or(at, |day| day.timestamp())
}

async fn write_page(
    app: &App,
    viewer: &Viewer,
    parent: Option<PageId>,
    title: &str,
    body: &str,
) -> Result<PageId> {
    let draft = PageDraft { title: title.into(), body: body.into() };
    page::create(app, viewer, "DEMO", parent, draft).await
}

/// Minutes since the line before, who, what.
type Line = (i64, &'static str, &'static str);

async fn talk(
    app: &App,
    people: &HashMap<&str, Viewer>,
    page: PageId,
    begun: Timestamp,
    lines: &[Line],
) -> Result<()> {
    let mut at = begun;
    for (count, (pause, name, text)) in lines.iter().enumerate() {
        at = at.saturating_add(SignedDuration::from_mins(*pause)).unwrap_or(at);
        app.clock.set(at);
        let Some(viewer) = people.get(name) else { continue };
        let grant = permission::may::<Post>(app, viewer, RoomId::from(page)).await?;
        let draft = Draft { body: (*text).into(), nonce: format!("demo-{begun}-{count}") };
        message::post(app, &grant, draft).await?;
    }
    Ok(())
}

const HOME: &str = "\
Welcome to the demo. It is the wiki of a small observatory, and three people live in it: *alice*, \
*bob* and *carol* (password {{demo}}).

h2. What to try

# Open [Mirror upgrade] and press *Join Chat*. The room opens in a window of its own.
# Log in as somebody else in a private window, join the same room, and write. It appears in both.
# Look at yesterday's transcript: it is a child page of the room's page, and it can be searched.
# Write with [Notation]: strong, code, tables, links.
# Log in as carol and look for [Budget 2027]: only the group {{@planning}} may see it, its chat and \
its transcripts.

h2. How a page gets a chat

Edit any page and write {{\\{chat:Name of the room\\}}} where the chat should stand, or press \
\"Insert chat\" in the editor. That is all.
";

const MIRROR: &str = "\
The 1.2 m mirror goes out in December to be cleaned and coated anew. This page holds the plan; the \
talk about it is right here.

{chat:Mirror upgrade}

h2. Plan

* Dismount and crate: *first week of December*
* Coating at the works in Jena, see the [Coating checklist]
* Back on the mount before the new moon of January

h2. Open questions

* Who drives the van?
* Does the crate fit through the _old_ dome door?
";

const CHECKLIST: &str = "\
What has to be right before the mirror goes into the chamber.

# Strip the old aluminium with potassium hydroxide
# Rinse with deionised water, *three times*
# Inspect under raking light and photograph each scratch
# Reflectivity after coating: at least 89 % at 550 nm
";

const NIGHT: &str = "\
Who watches tonight, and what happened.

{chat:Night shift}
";

const BUDGET: &str = "\
For the planning group only.

{chat:Budget}

* Coating and transport: 14,200
* New guide camera: 3,900
";

const PAST: &[(i64, i64, &[Line])] = &[
    (
        5,
        9 * 60 + 12,
        &[
            (0, "alice", "Morning. The works in Jena confirmed the slot: 7 to 11 December."),
            (1, "bob", "That is earlier than I thought. Do we have the crate?"),
            (
                0,
                "alice",
                "We have the *old* crate. Whether it survives another trip is the question :)",
            ),
            (3, "carol", "I can look at it this afternoon. Photos to follow."),
            (
                2,
                "bob",
                "Thanks! The checklist is at [Coating checklist], please add what is missing.",
            ),
            (
                41,
                "carol",
                "Crate: two slats are cracked, foam is fine. I would replace the slats and keep the rest.",
            ),
            (1, "alice", "Agreed. Order the wood."),
        ],
    ),
    (
        4,
        14 * 60 + 3,
        &[
            (0, "bob", "Measured the dome door: 1.38 m clear. The crate is 1.36 m."),
            (1, "carol", "That is what I call a fit."),
            (1, "bob", "With the handles *off*, to be precise."),
            (4, "alice", "Then the handles come off. Noted in [Mirror upgrade]."),
        ],
    ),
    (
        1,
        8 * 60 + 47,
        &[
            (0, "carol", "Slats are in. The crate looks better than new."),
            (1, "alice", "Wonderful. What do we know about the van?"),
            (2, "bob", "Rental has one with air suspension. I asked for the 6th, evening."),
            (0, "bob", "They want to know the weight:"),
            (
                1,
                "bob",
                "```\nmirror     212 kg\ncrate       64 kg\ncell        38 kg\nsum        314 kg\n```",
            ),
            (2, "alice", "314 it is. Easy to remember."),
            (1, "carol", "/me writes 314 on the crate"),
            (30, "bob", "Van is booked."),
        ],
    ),
];

const NIGHT_TALK: &[Line] = &[
    (0, "bob", "Dome open, seeing 1.4\". Starting with the variables list."),
    (25, "carol", "Clouds in the west, maybe an hour left."),
    (38, "bob", "Make that forty minutes. Closing."),
    (2, "bob", "Data is on the server, 112 frames. Good night."),
];

const BUDGET_TALK: &[Line] = &[
    (0, "alice", "The guide camera went up by 400 since spring. Keep it?"),
    (6, "bob", "Keep it. We lost three nights to guiding this year."),
    (1, "alice", "Fine, 3,900 then."),
];

const TODAY: &[Line] = &[
    (0, "alice", "Two weeks to go. Shall we walk through the dismount once, dry?"),
    (1, "bob", "Yes please. I would rather drop a plank than a mirror."),
    (1, "carol", "Thursday at ten? The crane is free then."),
    (0, "carol", "I checked with the workshop."),
    (3, "alice", "Thursday at ten. I put it on [Mirror upgrade]."),
    (2, "bob", "The lifting jig wants four M12 bolts, grade *10.9*. We have three."),
    (1, "carol", "We have three and one of unknown origin."),
    (1, "alice", "Then we have three. Order two."),
    (2, "bob", "Ordered, they come tomorrow: {{DIN 931 M12x80 10.9}}"),
    (
        4,
        "carol",
        "Thermal plan: dome fans off from Wednesday night, so that glass and cell are at one temperature.",
    ),
    (1, "alice", "Good. I tell the night shift."),
];
