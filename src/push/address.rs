//! Which addresses may be pushed to: a browser names them, so anybody can name any.
//!
//! **Invariant:** a name says nothing: the number that it stands for is judged where it is connected
//! to (`dial/`).

use std::fmt;

use url::{Host, Url};

use crate::dial::Reach;

/// Bytes of an address at most.
const LIMIT: usize = 2048;

/// An address that a push service gave to a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    /// By plain http, on this machine: for tests.
    local: bool,
}

/// Not an address to push to; says why, for who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Endpoint {
    /// Reads an address. Plain http is for loopback, and only where `local` says so.
    pub fn parse(text: &str, local: bool) -> Result<Self, Unfit> {
        if text.len() > LIMIT {
            return Err(Unfit("The address of the push service is too long."));
        }
        let url =
            Url::parse(text).map_err(|_| Unfit("This is not the address of a push service."))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit("The address of a push service holds no password."));
        }
        let local = local && url.scheme() == "http";
        if url.scheme() != "https" && !local {
            return Err(Unfit("The address of a push service begins with https."));
        }
        let endpoint = Self { url, local };
        let numbered = match endpoint.url.host() {
            Some(Host::Domain(name)) if is_of_the_house(name) && !local => None,
            Some(Host::Domain(_)) => Some(true),
            Some(Host::Ipv4(number)) => Some(endpoint.reach().allows(number.into())),
            Some(Host::Ipv6(number)) => Some(endpoint.reach().allows(number.into())),
            None => None,
        };
        match numbered {
            Some(true) => Ok(endpoint),
            _ => Err(Unfit("A push service is on the public network; this address is not.")),
        }
    }

    /// Where it may be.
    pub(super) fn reach(&self) -> Reach {
        if self.local { Reach::Local } else { Reach::Public }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port: what a token is made out to.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// Names that mean a machine nearby; a number is judged when there is one.
fn is_of_the_house(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || matches!(last, "localhost" | "local" | "internal" | "lan" | "home")
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn an_endpoint_is_on_the_public_network_by_https() {
        let is = |text: &str| Endpoint::parse(text, false).is_ok();
        assert!(is("https://updates.push.services.mozilla.com/wpush/v2/gAAAA"));
        assert!(is("https://fcm.googleapis.com/fcm/send/abc:def?x=1"));
        assert!(is("https://push.example.org:8443/x") && is("https://8.8.8.8/"));
        for text in [
            "",
            "push",
            "http://push.example.org/",
            "ftp://push.example.org/",
            "file:///etc/passwd",
            "https://user:word@push.example.org/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://printer/",
            "https://db.internal/",
            "https://nas.local:5001/",
            "https://x.localhost/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://017700000001/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "http://127.0.0.1:9/",
        ] {
            assert!(!is(text), "{text}");
        }
        assert!(!is(&format!("https://push.example.org/{}", "x".repeat(2048))));
    }

    #[test]
    fn plain_http_is_for_this_machine_and_only_where_it_is_allowed() {
        let is = |text: &str| Endpoint::parse(text, true).is_ok();
        assert!(is("http://127.0.0.1:9/x") && is("http://[::1]:9/x"));
        assert!(!is("http://10.0.0.1/") && !is("http://8.8.8.8/") && !is("https://127.0.0.1/"));
    }
}
