//! Log-in by a provider of OpenID Connect (Core 1.0): the way to it, and what it says of who comes
//! back. The code flow, with PKCE (RFC 7636) and the issuer in the way back (RFC 9207).
//!
//! **Invariants:** it names no noun. There is one provider, which the configuration names; whatever
//! is asked goes to addresses that this provider names, over TLS (or to this machine, where the
//! provider is this machine), and where those are of another host, to the public network only.
//! Nothing that the provider or a browser sent stands in the log.

mod attempt;
mod refusal;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests;
pub mod token;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::config::OpenId;
use crate::dial::{Answer, Dialer, Reach};
use crate::error::{Error, Result};
use refusal::{distrust, known_error, not_vouched, refused};
use token::{Claims, Expected, Key, Wrong};

pub use attempt::{Attempt, HOLDS};
pub use refusal::stale;

/// Where browsers come back to.
const BACK: &str = "/login/oidc/callback";
/// For one request to the provider, all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer: hundreds of keys, or of groups.
const MOST: usize = 256 << 10;
/// How long what the provider says of itself is believed.
const KNOWN: Duration = Duration::from_hours(1);
/// How often new keys are asked for, where a token names one that is not known.
const KEYS_AGAIN: Duration = Duration::from_secs(30);
/// Log-ins that are under way with the provider at once.
const N_AT_ONCE: usize = 16;

/// The provider.
pub struct Provider {
    set: OpenId,
    dialer: Dialer,
    places: Semaphore,
    known: Mutex<Option<Known>>,
}

/// What the provider says of itself.
#[derive(Clone)]
struct Known {
    at: Instant,
    about: Arc<About>,
    keys: Option<(Instant, Arc<Vec<Key>>)>,
}

/// OpenID Connect Discovery, 3; as far as it matters here.
#[derive(Debug, Deserialize)]
struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What a browser brings back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Returned {
    /// Which attempt it is of.
    pub state: String,
    code: String,
    error: String,
    iss: Option<String>,
}

/// Whom the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who says it.
    pub issuer: String,
    /// By what the provider knows them, for ever.
    pub subject: String,
    /// As they are called there; may be empty.
    pub name: String,
    /// As they are shown there; may be empty.
    pub display: String,
    /// Those of the [followed](OpenId::groups) groups that they are in, as they are called here.
    pub groups: Vec<String>,
}

/// Tokens that a code was changed for.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

impl Provider {
    /// The one that is set. It is not asked before somebody wants to log in.
    pub fn new(set: OpenId) -> Result<Self> {
        let (places, known) = (Semaphore::new(N_AT_ONCE), Mutex::default());
        Ok(Self { set, dialer: Dialer::new()?, places, known })
    }

    /// How it is called on the log-in page.
    pub fn label(&self) -> &str {
        &self.set.label
    }

    /// By what name it vouches for people.
    pub fn issuer(&self) -> &str {
        &self.set.issuer
    }

    /// Where a browser goes to log in.
    pub async fn way(&self, attempt: &Attempt) -> Result<Url> {
        let _place = self.places.try_acquire().map_err(|_| Error::Busy)?;
        let about = self.about().await?.about;
        let mut way = Url::parse(&about.authorization_endpoint)
            .ok()
            .filter(|way| way.scheme() == "https" || self.is_its_own(way))
            .ok_or_else(|| distrust("the address to log in at is not one by https"))?;
        way.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.set.client)
            .append_pair("redirect_uri", &self.back())
            .append_pair("scope", &self.set.scopes)
            .append_pair("state", &attempt.state())
            .append_pair("nonce", &attempt.nonce())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        if attempt.links() {
            // Whoever happens to be logged in there may be somebody else (Core, 3.1.2.1).
            way.query_pairs_mut().append_pair("prompt", "login");
        }
        Ok(way)
    }

    /// Who came back from there.
    pub async fn person(
        &self,
        attempt: &Attempt,
        returned: &Returned,
        now: Timestamp,
    ) -> Result<Person> {
        if !attempt.is_of(&returned.state) {
            return Err(stale("the way back is not of this browser's log-in"));
        }
        let _place = self.places.try_acquire().map_err(|_| Error::Busy)?;
        let known = self.about().await?;
        self.look_at(returned, &known.about)?;
        let tokens = self.exchange(attempt, &returned.code, &known.about).await?;
        let claims = self.verified(&tokens.id_token, attempt, known.clone(), now).await?;
        let more = match (tokens.access_token, &known.about.userinfo_endpoint) {
            (Some(access), Some(address)) if self.lacks(&claims) => {
                self.ask_about(&claims, &access, address).await?
            }
            _ => Claims::new(),
        };
        Ok(self.read(&claims, &more))
    }

    /// What the way back says, before anything is asked.
    fn look_at(&self, returned: &Returned, about: &About) -> Result<()> {
        let named = returned.iss.as_deref();
        if named.is_some_and(|named| named != self.set.issuer)
            || named.is_none() && about.authorization_response_iss_parameter_supported
        {
            return Err(distrust("the way back is from another issuer"));
        }
        match returned.error.as_str() {
            "" if returned.code.is_empty() => Err(stale("the way back brought no code")),
            "" => Ok(()),
            "access_denied" => {
                Err(not_vouched("The log-in was broken off.", "the provider says: access_denied"))
            }
            // What is in the address may be anybody's text.
            error => Err(refused(match known_error(error) {
                Some(error) => format!("the provider says: {error}"),
                None => "the provider names an error that has no meaning here".to_owned(),
            })),
        }
    }

    /// Changes the code for tokens.
    async fn exchange(&self, attempt: &Attempt, code: &str, about: &About) -> Result<Tokens> {
        let request = self.exchange_request(attempt, code, about)?;
        let answer = self.ask(&about.token_endpoint, request, "its place for tokens").await?;
        if answer.status == StatusCode::OK {
            return serde_json::from_slice(&answer.body)
                .map_err(|_| distrust("its place for tokens gave none"));
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Err(match said.get("error").and_then(Value::as_str).and_then(known_error) {
            Some("invalid_grant") => stale("the provider takes this code no more"),
            Some(error) => refused(format!("its place for tokens says: {error}")),
            None => refused(format!("its place for tokens answered {}", answer.status.as_u16())),
        })
    }

    fn exchange_request(
        &self,
        attempt: &Attempt,
        code: &str,
        about: &About,
    ) -> Result<Request<Full<Bytes>>> {
        let mut fields = Serializer::new(String::new());
        fields
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.back())
            .append_pair("code_verifier", &attempt.verifier());
        let mut request = Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        match &self.set.secret {
            None => {
                fields.append_pair("client_id", &self.set.client);
            }
            Some(secret) if wants_fields(about) => {
                fields.append_pair("client_id", &self.set.client);
                fields.append_pair("client_secret", secret.reveal());
            }
            Some(secret) => {
                let proof = [&self.set.client, secret.reveal()]
                    .map(|text| byte_serialize(text.as_bytes()).collect::<String>());
                let proof = STANDARD.encode(proof.join(":"));
                request = request.header(AUTHORIZATION, format!("Basic {proof}"));
            }
        }
        request.body(Full::from(fields.finish())).map_err(Error::broken)
    }

    /// What the ID token says, by keys that may have to be asked for anew.
    async fn verified(
        &self,
        token: &str,
        attempt: &Attempt,
        known: Known,
        now: Timestamp,
    ) -> Result<Claims> {
        let nonce = attempt.nonce();
        let (issuer, client) = (&self.set.issuer, &self.set.client);
        let expected = Expected { issuer, client, nonce: &nonce, now };
        let (at, keys) = match known.keys.clone() {
            Some(keys) => keys,
            None => self.keys(&known).await?,
        };
        let mut found = token::verify(token, &keys, &expected);
        if found == Err(Wrong::Key) && at.elapsed() > KEYS_AGAIN {
            let (_, keys) = self.keys(&known).await?;
            found = token::verify(token, &keys, &expected);
        }
        found.map_err(|wrong| match wrong {
            Wrong::Key => distrust("the token is signed by no key of the provider"),
            Wrong::Token(why) => distrust(why),
        })
    }

    /// What is not in the token, the provider tells whoever has its other token.
    async fn ask_about(&self, claims: &Claims, access: &str, address: &str) -> Result<Claims> {
        let request = Request::get("/")
            .header(AUTHORIZATION, format!("Bearer {access}"))
            .header(ACCEPT, "application/json")
            .body(Full::default())
            .map_err(|_| distrust("its place for tokens gave one of no use"))?;
        let answer = self.ask(address, request, "its place for claims").await?;
        let told: Claims = parsed(&answer, "its place for claims")?;
        // Of somebody else it would be true as well (OpenID Connect Core, 5.3.2).
        if told.get("sub") == claims.get("sub") {
            Ok(told)
        } else {
            Err(distrust("its place for claims tells of somebody else"))
        }
    }

    /// Is anything wanted that is not there?
    fn lacks(&self, claims: &Claims) -> bool {
        let groups = (!self.set.groups.is_empty()).then_some(&self.set.groups_claim);
        let wanted = [Some(&self.set.name_claim), Some(&self.set.display_claim), groups];
        wanted.into_iter().flatten().any(|name| claim(claims, name).is_none())
    }

    fn read(&self, claims: &Claims, more: &Claims) -> Person {
        let find = |name: &str| claim(claims, name).or_else(|| claim(more, name));
        let text = |name: &str| find(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let claimed: Vec<&str> = match find(&self.set.groups_claim) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        };
        let followed = self.set.groups.iter();
        let groups = followed.filter(|one| claimed.contains(&one.claimed.as_str()));
        Person {
            issuer: self.set.issuer.clone(),
            subject: text("sub"),
            name: text(&self.set.name_claim),
            display: text(&self.set.display_claim),
            groups: groups.map(|one| one.group.clone()).collect(),
        }
    }

    fn back(&self) -> String {
        format!("{}{BACK}", self.set.site.as_str().trim_end_matches('/'))
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the provider says of itself, asked anew now and then. Whoever comes meanwhile asks too:
    /// where it is silent, nobody should wait for others to have waited.
    async fn about(&self) -> Result<Known> {
        let known = self.known().clone();
        if let Some(known) = known.filter(|known| known.at.elapsed() < KNOWN) {
            return Ok(known);
        }
        let issuer = self.set.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let answer = self.ask(&address, get()?, "the provider").await?;
        let about: About = parsed(&answer, "the provider")?;
        if about.issuer != self.set.issuer {
            return Err(distrust(
                "the provider calls itself otherwise than openid_issuer says (a slash at the end \
                 counts)",
            ));
        }
        let methods = &about.code_challenge_methods_supported;
        if methods.as_ref().is_some_and(|all| all.iter().all(|one| one != "S256")) {
            return Err(distrust("the provider does not know S256"));
        }
        let fresh = Known { at: Instant::now(), about: Arc::new(about), keys: None };
        *self.known() = Some(fresh.clone());
        Ok(fresh)
    }

    /// Its keys, asked for now.
    async fn keys(&self, of: &Known) -> Result<(Instant, Arc<Vec<Key>>)> {
        let answer = self.ask(&of.about.jwks_uri, get()?, "its place for keys").await?;
        let published: Value = parsed(&answer, "its place for keys")?;
        let fresh = (Instant::now(), Arc::new(token::keys(&published)));
        if let Some(known) = self.known().as_mut() {
            known.keys = Some(fresh.clone());
        }
        Ok(fresh)
    }

    /// Asks the provider at an address of its own; `who` is what the log calls that.
    async fn ask(&self, address: &str, request: Request<Full<Bytes>>, who: &str) -> Result<Answer> {
        let (to, reach) = self
            .place(address)
            .ok_or_else(|| distrust(&format!("{who} is not at an address by https")))?;
        let answer = match timeout(PATIENCE, self.dialer.ask(&to, reach, request, MOST)).await {
            Ok(Ok(answer)) if !answer.status.is_server_error() => return Ok(answer),
            Ok(Ok(answer)) => format!("answered {}", answer.status.as_u16()),
            Ok(Err(failed)) => format!("cannot be asked: {failed}"),
            Err(_) => "takes too long".to_owned(),
        };
        Err(Error::NotVouched {
            told: "The log-in service does not answer. Try again in a moment.",
            why: format!("{who} {answer}"),
            later: true,
        })
    }

    /// Where an address that the provider names may be.
    fn place(&self, address: &str) -> Option<(Url, Reach)> {
        let url = Url::parse(address).ok()?;
        let open = url.username().is_empty() && url.password().is_none();
        let reach = match (self.is_its_own(&url), self.set.is_local(), url.scheme()) {
            (true, true, _) => Reach::Local,
            (true, false, _) => Reach::Any,
            (false, false, "https") => Reach::Public,
            _ => return None,
        };
        open.then_some((url, reach))
    }

    /// Is it of the host that the operator named, by the same means?
    fn is_its_own(&self, url: &Url) -> bool {
        url.scheme() == self.set.address.scheme() && url.host() == self.set.address.host()
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: &Answer, who: &str) -> Result<T> {
    if answer.status != StatusCode::OK {
        return Err(refused(format!("{who} answered {}", answer.status.as_u16())));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| refused(format!("{who} gave an answer that is not understood")))
}

fn get() -> Result<Request<Full<Bytes>>> {
    let request = Request::get("/").header(ACCEPT, "application/json");
    request.body(Full::default()).map_err(Error::broken)
}

/// Does it take the secret in a field alone?
fn wants_fields(about: &About) -> bool {
    let takes = about.token_endpoint_auth_methods_supported.as_ref();
    takes.is_some_and(|all| {
        let has = |name: &str| all.iter().any(|one| one == name);
        has("client_secret_post") && !has("client_secret_basic")
    })
}

/// By its name, or by the way to it: `realm_access.roles`.
fn claim<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(name) {
        return Some(found);
    }
    let mut steps = name.split('.');
    let first = claims.get(steps.next()?)?;
    steps.try_fold(first, |inside, step| inside.get(step))
}
