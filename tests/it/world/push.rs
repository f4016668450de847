//! A push service on this machine, and browsers that it serves.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Answer, World};

const PATIENCE: Duration = Duration::from_secs(10);

/// Takes parcels.
pub struct PushService {
    address: String,
    parcels: UnboundedReceiver<Parcel>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

/// What was brought.
#[derive(Debug)]
pub struct Parcel {
    /// The browser's own path.
    pub path: String,
    head: String,
    body: Vec<u8>,
}

/// What a browser makes when it subscribes.
pub struct Browser {
    pub endpoint: String,
    pub path: String,
    secret: SecretKey,
    auth: [u8; 16],
}

impl PushService {
    pub async fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", door.local_addr().unwrap());
        let (tell, parcels) = unbounded_channel();
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let next = answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = door.accept().await {
                tokio::spawn(take(stream, tell.clone(), next.clone()));
            }
        });
        Self { address, parcels, answers }
    }

    /// A new browser of somebody's.
    pub fn browser(&self, path: &str) -> Browser {
        let secret = loop {
            if let Ok(secret) = SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
                break secret;
            }
        };
        let path = format!("/send/{path}");
        let endpoint = format!("{}{path}", self.address);
        Browser { endpoint, path, secret, auth: rand::random() }
    }

    /// How the next parcels are answered, instead of being taken: `503 Busy`, with fields or none.
    pub fn answers(&self, heads: &[&str]) {
        self.answers.lock().unwrap().extend(heads.iter().map(|head| (*head).to_owned()));
    }

    /// The next parcel.
    pub async fn next(&mut self) -> Parcel {
        let next = tokio::time::timeout(PATIENCE, self.parcels.recv()).await;
        next.expect("nothing was brought").unwrap()
    }

    /// Nothing more was brought by now.
    pub fn is_quiet(&mut self) -> bool {
        self.parcels.try_recv().is_err()
    }

    /// The scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.address
    }
}

async fn take(
    mut stream: TcpStream,
    tell: UnboundedSender<Parcel>,
    answers: Arc<Mutex<VecDeque<String>>>,
) {
    let mut raw = Vec::new();
    let (head, n) = loop {
        if stream.read_buf(&mut raw).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(end) = raw.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = String::from_utf8(raw[..end].to_vec()).unwrap();
            break (head, end + 4);
        }
    };
    let length: usize = field(&head, "content-length").unwrap().parse().unwrap();
    while raw.len() < n + length {
        assert!(stream.read_buf(&mut raw).await.unwrap() > 0);
    }
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let _ = tell.send(Parcel { path, head, body: raw[n..].to_vec() });
    let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| "201 Created".into());
    if answer == "silence" {
        return std::future::pending().await;
    }
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then_some(value)
    })
}

impl Parcel {
    /// A field of its head.
    pub fn field(&self, name: &str) -> &str {
        field(&self.head, name).unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    /// What the sender claims, if the key that it names has signed it.
    pub fn claims(&self) -> (Value, String) {
        let vapid = self.field("authorization").strip_prefix("vapid t=").unwrap();
        let (token, key) = vapid.split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let read = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let verifier = VerifyingKey::from_sec1_bytes(&read(key)).unwrap();
        let signature = Signature::from_slice(&read(signature)).unwrap();
        verifier.verify(signed.as_bytes(), &signature).expect("signed by that key");
        let (head, claims) = signed.split_once('.').unwrap();
        let head: Value = serde_json::from_slice(&read(head)).unwrap();
        assert_eq!(head, serde_json::json!({ "typ": "JWT", "alg": "ES256" }));
        (serde_json::from_slice(&read(claims)).unwrap(), key.to_owned())
    }

    /// What it says, for the browser that it is for.
    pub fn read_by(&self, browser: &Browser) -> Value {
        assert_eq!(self.field("content-encoding"), "aes128gcm");
        let auth = web_push_native::Auth::clone_from_slice(&browser.auth);
        let text = web_push_native::decrypt(self.body.clone(), &browser.secret, &auth);
        serde_json::from_slice(&text.expect("encrypted for this browser")).unwrap()
    }

    /// Bytes of its body.
    pub fn len(&self) -> usize {
        self.body.len()
    }
}

impl Browser {
    /// As its page sends it.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        let point = self.secret.public_key().to_encoded_point(false);
        [
            ("endpoint", self.endpoint.clone()),
            ("p256dh", URL_SAFE_NO_PAD.encode(point.as_bytes())),
            ("auth", URL_SAFE_NO_PAD.encode(self.auth)),
        ]
    }
}

impl World {
    /// A browser subscribes, in somebody's session.
    pub async fn subscribe(&self, who: &str, browser: &Browser) -> Answer {
        let fields = browser.fields();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.form(who, "/push", &fields).await
    }

    /// Somebody chooses what to be told of in Tea.
    pub async fn choose(&self, who: &str, what: &str) -> Answer {
        self.form(who, &format!("/rooms/{}/notices", self.tea), &[("what", what)]).await
    }

    /// A browser of somebody who wants to be told `what` of Tea.
    pub async fn told(&self, service: &PushService, who: &str, what: &str) -> Browser {
        let browser = service.browser(who);
        assert_eq!(self.subscribe(who, &browser).await.status, 204);
        assert_eq!(self.choose(who, what).await.status, 204);
        browser
    }
}
