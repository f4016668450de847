//! Log-in by a provider of OpenID Connect: what was set, and whether it makes sense.

use std::fmt;
use std::path::Path;

use url::{Host, Url};

use super::Settings;
use crate::error::{Error, Result};

/// A provider, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenId {
    /// As it was typed: the provider has to call itself so, to the letter.
    pub issuer: String,
    /// Where that is.
    pub address: Url,
    /// Where browsers come back to: the address that people use.
    pub site: Url,
    /// The name under which the provider knows this site.
    pub client: String,
    /// What proves that to it, where it wants a proof.
    pub secret: Option<Secret>,
    /// Scopes, with spaces.
    pub scopes: String,
    /// The claim that a new account's name is made of.
    pub name_claim: String,
    /// The claim that is shown beside messages.
    pub display_claim: String,
    /// The claim with groups.
    pub groups_claim: String,
    /// Which of them count, and how the group is called here.
    pub groups: Vec<Followed>,
    /// How the provider is called on the log-in page.
    pub label: String,
}

/// A group that the provider decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// As the provider says it.
    pub claimed: String,
    /// As it is called here.
    pub group: String,
}

/// What stands in no line of the log and on no screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// For whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

impl OpenId {
    /// Not encrypted: the provider is this machine.
    pub fn is_local(&self) -> bool {
        self.address.scheme() == "http"
    }

    /// What `settings` say, for the site at `site`; nothing where they name no provider.
    pub(super) fn read(settings: &Settings, site: Option<&Url>) -> Result<Option<Self>> {
        if settings.openid_issuer.is_empty() {
            return Ok(None);
        }
        let issuer = settings.openid_issuer.clone();
        let address = issuer_address(&issuer)?;
        let site =
            site.filter(|site| site.scheme() == "https" || is_here(site)).ok_or_else(|| {
                wrong("openid_issuer needs url, with https: the provider sends browsers back to it")
            })?;
        if settings.openid_client.is_empty() {
            return Err(wrong(
                "openid_issuer needs openid_client, the name under which the provider knows this \
                 site",
            ));
        }
        if !settings.openid_scopes.split(' ').any(|scope| scope == "openid") {
            return Err(wrong("openid_scopes lacks openid; say \"openid profile\""));
        }
        let groups = settings.openid_groups.iter().map(|text| followed(text));
        let label = match settings.openid_label.as_str() {
            "" => address.host_str().unwrap_or_default().to_owned(),
            label => label.to_owned(),
        };
        Ok(Some(Self {
            site: site.clone(),
            client: settings.openid_client.clone(),
            secret: secret(&settings.openid_secret, &settings.openid_secret_file)?,
            scopes: settings.openid_scopes.clone(),
            name_claim: settings.openid_name_claim.clone(),
            display_claim: settings.openid_display_claim.clone(),
            groups_claim: settings.openid_groups_claim.clone(),
            groups: groups.collect::<Result<_>>()?,
            issuer,
            address,
            label,
        }))
    }
}

fn wrong(why: impl Into<String>) -> Error {
    Error::invalid("openid_issuer", why)
}

/// By https; by plain http on this machine alone.
fn issuer_address(text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| {
        let bare = url.query().is_none() && url.fragment().is_none();
        let bare = bare && url.username().is_empty() && url.password().is_none();
        bare && url.has_host()
            && (url.scheme() == "https" || url.scheme() == "http" && is_here(url))
    });
    url.ok_or_else(|| {
        wrong(format!(
            "openid_issuer is {text}, but it has to be an address like https://id.example.org/ \
             without a question mark; http is for this machine alone"
        ))
    })
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(number)) => number.is_loopback(),
        Some(Host::Ipv6(number)) => number.is_loopback(),
        None => false,
    }
}

/// `crew`, or `value=crew` where the provider says it otherwise.
fn followed(text: &str) -> Result<Followed> {
    let text = text.trim();
    let (claimed, group) = text.rsplit_once('=').unwrap_or((text, text));
    let (claimed, group) = (claimed.trim().to_owned(), group.trim().to_owned());
    let fits = (1..=64).contains(&group.chars().count())
        && group.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if fits && !claimed.is_empty() {
        return Ok(Followed { claimed, group });
    }
    Err(wrong(format!(
        "openid_groups names {text}, but a group has letters, digits, dots, underscores or hyphens; \
         what the provider says otherwise is written value=group"
    )))
}

fn secret(text: &str, file: &Path) -> Result<Option<Secret>> {
    let text = match (text, file.as_os_str().is_empty()) {
        ("", true) => return Ok(None),
        (text, true) => text.to_owned(),
        ("", false) => std::fs::read_to_string(file).map_err(|error| {
            wrong(format!("openid_secret_file {} cannot be read: {error}", file.display()))
        })?,
        (_, false) => return Err(wrong("say either openid_secret or openid_secret_file")),
    };
    Ok(Some(Secret(text.trim_end_matches(['\r', '\n']).to_owned())))
}

#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests {
    use super::super::{Asked, Config, Settings};
    use super::*;

    fn told(text: &str) -> Result<Option<OpenId>> {
        let file: Asked = toml::from_str(text).map_err(Error::broken)?;
        let settings = Settings::merge(Asked::default(), file, |_| None);
        Config::checked(&settings).map(|config| config.openid)
    }

    fn with(more: &str) -> Result<Option<OpenId>> {
        told(&format!(
            "url = 'https://chat.example.org'\nopenid_client = 'chat'\n\
             openid_issuer = 'https://id.example.org/realm'\n{more}"
        ))
    }

    #[test]
    fn a_provider_is_what_the_settings_say() {
        assert_eq!(told("").ok(), Some(None));
        let set = with("openid_groups = ['crew', '/org/board = board', 'a=b=c']").unwrap().unwrap();
        assert_eq!(set.label, "id.example.org");
        let groups: Vec<_> =
            set.groups.iter().map(|one| (one.claimed.as_str(), one.group.as_str())).collect();
        assert_eq!(groups, [("crew", "crew"), ("/org/board", "board"), ("a=b", "c")]);
        assert!(set.secret.is_none() && !set.is_local());
    }

    #[test]
    fn the_secret_comes_from_a_file_and_is_not_shown() {
        let file = std::env::temp_dir().join(format!("secret-{:x}", rand::random::<u64>()));
        std::fs::write(&file, "canary\n").unwrap();
        let line = format!("openid_secret_file = '{}'", file.display());
        let set = with(&line).unwrap().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(set.secret.as_ref().map(Secret::reveal), Some("canary"));
        assert!(!format!("{set:?}").contains("canary"));
        assert!(with(&line).is_err(), "the file is gone");
        assert!(with("openid_secret = 'x'\nopenid_secret_file = 'y'").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_starts() {
        for more in [
            "openid_scopes = 'profile'",
            "openid_groups = ['a b']",
            "openid_groups = ['=b']",
            "openid_groups = ['']",
        ] {
            assert!(with(more).is_err(), "{more}");
        }
        let site = "url = 'https://chat.example.org'\n";
        for (site, issuer, client) in [
            (site, "http://id.example.org", "chat"),
            (site, "https://id.example.org?x", "chat"),
            (site, "https://me@id.example.org", "chat"),
            (site, "id.example.org", "chat"),
            (site, "https://id.example.org", ""),
            ("", "https://id.example.org", "chat"),
            ("url = 'http://chat.example.org'\n", "https://id.example.org", "chat"),
        ] {
            let text = format!("{site}openid_issuer = '{issuer}'\nopenid_client = '{client}'");
            assert!(told(&text).is_err(), "{text}");
        }
        let here = "url = 'http://127.0.0.1:8080'\nopenid_issuer = 'http://localhost:9'\n\
                    openid_client = 'chat'";
        assert!(told(here).is_ok_and(|set| set.is_some_and(|set| set.is_local())));
    }
}
