//! What to be told of in a room while one is elsewhere.

use maud::{Markup, html};

use crate::id::RoomId;
use crate::notice::What;
use crate::view::{asset, text};

/// The choice, for the panel of a room. What goes on in the browser is `notice.js`'s, which is
/// fetched when something is chosen; without scripts the choice alone is kept.
pub fn choice(room: RoomId, chosen: What) -> Markup {
    html! {
        form #notices method="post" target="_self" action={ "/rooms/" (room) "/notices" }
            data-script=(asset::url("notice.js")) data-missing=(text::NOTICES_MISSING)
            data-refused=(text::NOTICES_REFUSED) data-failed=(text::NOTICES_FAILED) {
            span #notices-heading { (text::NOTICES) }
            div .choice role="group" aria-labelledby="notices-heading" aria-describedby="notices-help" {
                @for what in What::EACH {
                    button name="what" value=(what.as_str()) aria-pressed=((what == chosen).to_string()) {
                        (text::notices(what))
                    }
                }
            }
            p #notices-help .hint { (text::NOTICES_HELP) }
            p .told role="status" {}
        }
    }
}
