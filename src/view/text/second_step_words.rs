//! Phrases about the second step at log-in.

use super::phrase::words;
use super::phrases::is_german;

words! {
    SECOND_STEP = "Second step at log-in", "Zweiter Schritt beim Anmelden";
    SECOND_STEP_HELP = "After the password a code is asked for that an app on your phone shows. Whoever gets to know the password alone does not get in.",
        "Nach dem Passwort wird ein Code verlangt, den eine App auf dem Telefon zeigt. Wer nur das Passwort erfährt, kommt nicht hinein.";
    SECOND_STEP_IS_OFF = "The second step is off.", "Der zweite Schritt ist aus.";
    SECOND_STEP_IS_ON = "The second step is on.", "Der zweite Schritt ist an.";
    SECOND_STEP_SINCE = "The second step is on since", "Der zweite Schritt ist an seit";
    SECOND_STEP_CHANGE = "Set up or turn off", "Einrichten oder ausschalten";
    SECOND_STEP_SET_UP = "Set it up", "Einrichten";
    SECOND_STEP_TURN_ON = "Turn it on", "Einschalten";
    SECOND_STEP_TURN_OFF = "Turn the second step off", "Den zweiten Schritt ausschalten";
    SECOND_STEP_OFF_HELP = "The password is enough then, and the recovery codes are worth nothing.",
        "Dann genügt das Passwort, und die Ersatzcodes gelten nicht mehr.";
    SECOND_STEP_SCAN = "Let an authenticator app read this, or type the key into it. Then type the code that it shows.",
        "Dies von einer Authenticator-App lesen lassen oder den Schlüssel eintippen. Dann den Code eingeben, den sie zeigt.";
    SECOND_STEP_QR = "QR code for an authenticator app; the key below says the same",
        "QR-Code für eine Authenticator-App; der Schlüssel darunter besagt dasselbe";
    SECOND_STEP_KEY = "Key:", "Schlüssel:";
    SECOND_STEP_OTHERS = "Wherever else you are logged in, you are logged out when it is turned on.",
        "Wo Sie sonst noch angemeldet sind, werden Sie beim Einschalten abgemeldet.";
    LOGIN_CODE = "Code", "Code";
    RECOVERY = "Recovery codes", "Ersatzcodes";
    RECOVERY_HELP = "Each lets you in once when the app is not at hand. They are shown this once: keep them where you keep what matters.",
        "Jeder lässt Sie einmal hinein, wenn die App nicht zur Hand ist. Sie werden nur dieses eine Mal gezeigt: bitte gut aufbewahren.";
    RECOVERY_KEPT = "I have kept them", "Ich habe sie aufbewahrt";
    RECOVERY_NEW = "Make new recovery codes", "Neue Ersatzcodes machen";
    RECOVERY_NEW_HELP = "The ones before are worth nothing then.",
        "Die bisherigen gelten dann nicht mehr.";
    LOGIN_CODE_TITLE = "The code, please", "Bitte den Code";
    LOGIN_CODE_HELP = "Type the code that your app shows, or one of your recovery codes.",
        "Den Code eingeben, den die App zeigt, oder einen der Ersatzcodes.";
}

/// `7 recovery codes are left.`
pub fn recovery_codes_left(n: i64) -> String {
    match (is_german(), n) {
        (false, 1) => "1 recovery code is left.".into(),
        (false, n) => format!("{n} recovery codes are left."),
        (true, 1) => "1 Ersatzcode ist übrig.".into(),
        (true, n) => format!("{n} Ersatzcodes sind übrig."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::phrase::check;
    use super::ALL;

    #[test]
    fn every_phrase_is_in_both_languages() {
        check(ALL, &["LOGIN_CODE"]);
    }
}
