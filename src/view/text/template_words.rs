//! The pages that a new space begins with, and what its kinds are called.

use super::phrase::words;
use super::phrases::is_german;
use crate::page::PageDraft;
use crate::template::Template;

words! {
    TEMPLATE = "Begin with", "Beginnen mit";
    TEMPLATE_EMPTY = "no page", "keiner Seite";
    TEMPLATE_TEAM = "pages of a team: a room for all, meetings, decisions",
        "Seiten eines Teams: ein Raum für alle, Treffen, Entscheidungen";
    TEMPLATE_PROJECT = "pages of a project: goal, plan, open questions, decisions, meetings",
        "Seiten eines Projekts: Ziel, Plan, offene Fragen, Entscheidungen, Treffen";
    TEAM_HOME = "What this team is for, and who is in it.\n\n{chat}\n\nh2. People\n\n|| Who || What for ||\n| | |\n\nh2. Pages\n\n{children}\n",
        "Wofür dieses Team da ist, und wer dazugehört.\n\n{chat}\n\nh2. Menschen\n\n|| Wer || Wofür ||\n| | |\n\nh2. Seiten\n\n{children}\n";
    PROJECT_HOME = "h2. Goal\n\nWhat there is when this is done, and how one sees that.\n\n{chat}\n\nh2. State\n\n|| What || Who || Until ||\n| | | |\n\nh2. Pages\n\n{children}\n",
        "h2. Ziel\n\nWas es gibt, wenn dies getan ist, und woran man das sieht.\n\n{chat}\n\nh2. Stand\n\n|| Was || Wer || Bis ||\n| | | |\n\nh2. Seiten\n\n{children}\n";
    MEETINGS = "Meetings", "Treffen";
    MEETINGS_BODY = "A page for each meeting, below this one. What is said in the room during a meeting is on that day's page, with notes above it.\n\n{chat}\n\n{children}\n",
        "Eine Seite für jedes Treffen, unter dieser. Was während eines Treffens im Raum gesagt wird, steht auf der Seite des Tages, mit Notizen darüber.\n\n{chat}\n\n{children}\n";
    DECISIONS = "Decisions", "Entscheidungen";
    DECISIONS_BODY = "|| Day || What || Why ||\n| | | |\n\nA link to the message in which something was decided says more than a summary.\n",
        "|| Tag || Was || Warum ||\n| | | |\n\nEin Verweis auf die Nachricht, in der etwas entschieden wurde, sagt mehr als eine Zusammenfassung.\n";
    PLAN = "Plan", "Zeitplan";
    PLAN_BODY = "|| Step || Who || Until || State ||\n| | | | |\n",
        "|| Schritt || Wer || Bis || Stand ||\n| | | | |\n";
    QUESTIONS = "Open questions", "Offene Fragen";
    QUESTIONS_BODY = "What is not known yet. What was answered moves to the decisions.\n\n* \n\n{chat}\n",
        "Was noch nicht bekannt ist. Was beantwortet wurde, zieht zu den Entscheidungen um.\n\n* \n\n{chat}\n";
}

/// The kinds of spaces: as forms send them, and what they are called.
pub const TEMPLATES: [(Template, &str, super::Phrase); 3] = [
    (Template::Empty, "empty", TEMPLATE_EMPTY),
    (Template::Team, "team", TEMPLATE_TEAM),
    (Template::Project, "project", TEMPLATE_PROJECT),
];

/// The pages of a new space of this name, the first of them its home.
pub fn template(template: Template, name: &str) -> Vec<PageDraft> {
    let draft = |title: &str, body: &str| PageDraft { title: title.into(), body: body.into() };
    let meetings = draft(&MEETINGS, &MEETINGS_BODY);
    let decisions = draft(&DECISIONS, &DECISIONS_BODY);
    // A home that is called as the page of its meetings would take that title away.
    let taken = |draft: &PageDraft| draft.title.to_lowercase() == name.trim().to_lowercase();
    let of = if is_german() { "Bereich" } else { "Space" };
    let home = |body: &str, others: &[PageDraft]| {
        let name = name.trim();
        if others.iter().any(taken) {
            draft(&format!("{of} {name}"), body)
        } else {
            draft(name, body)
        }
    };
    let (home, others) = match template {
        Template::Empty => return Vec::new(),
        Template::Team => {
            let others = vec![meetings, decisions];
            (home(&TEAM_HOME, &others), others)
        }
        Template::Project => {
            let plan = draft(&PLAN, &PLAN_BODY);
            let questions = draft(&QUESTIONS, &QUESTIONS_BODY);
            let others = vec![plan, questions, decisions, meetings];
            (home(&PROJECT_HOME, &others), others)
        }
    };
    [vec![home], others].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::text::phrase::check;

    #[test]
    fn every_phrase_is_said_in_both_languages() {
        check(ALL, &[]);
    }
}
