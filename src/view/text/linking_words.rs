//! Phrases about an account that is linked with the provider of log-ins.

use super::phrase::words;

words! {
    LINKING = "Log-in by another service", "Anmeldung über einen anderen Dienst";
    LINKING_HELP = "Whoever logs in there as the person with whom your account is linked is you here. Neither your password nor your second step is asked for then: that service vouches for you.",
        "Wer sich dort als die Person anmeldet, mit der Ihr Konto verknüpft ist, ist hier Sie. Nach Ihrem Passwort und Ihrem zweiten Schritt wird dann nicht gefragt: Der Dienst steht für Sie ein.";
    LINKING_CHANGE = "Link or unlink", "Verknüpfen oder lösen";
    LINKED_WITH = "Linked with", "Verknüpft mit";
    LINKED_NOT = "Not linked with", "Nicht verknüpft mit";
    LINK_WITH = "Link with", "Verknüpfen mit";
    LINK_ONWARDS = "That was right. Log in there now, as yourself; then you come back here.",
        "Das stimmt. Melden Sie sich nun dort an, als Sie selbst; dann kommen Sie hierher zurück.";
    LINK_GO = "On to", "Weiter zu";
    LINKED_DONE = "Your account is linked.", "Ihr Konto ist verknüpft.";
    UNLINK = "Unlink", "Lösen";
    UNLINK_HELP = "Then only your password lets you in, and the groups that came from there are gone. Wherever else you are logged in, you are logged out. Whoever logs in there afterwards gets an account of their own.",
        "Dann lässt Sie nur noch Ihr Passwort ein, und die Gruppen, die von dort kamen, entfallen. Wo Sie sonst noch angemeldet sind, werden Sie abgemeldet. Wer sich danach dort anmeldet, bekommt ein eigenes Konto.";
    UNLINK_ONLY = "It is the only way into this account, which has no password: ask who runs this site for one.",
        "Es ist der einzige Weg in dieses Konto, denn es hat kein Passwort: Bitte dort eines geben lassen, wo diese Seite betrieben wird.";
    UNLINKED_DONE = "Your account is no longer linked.", "Ihr Konto ist nicht mehr verknüpft.";
}

#[cfg(test)]
mod tests {
    use super::super::phrase::check;
    use super::ALL;

    #[test]
    fn every_phrase_is_in_both_languages() {
        check(ALL, &[]);
    }
}
