//! A provider that says whatever a test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The program that this one serves.
pub const CLIENT: &str = "chat";

/// Listens on this machine.
pub struct Provider {
    pub issuer: String,
    pub key: SigningKey,
    answers: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Signs tokens.
pub struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    pub fn new() -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap())
    }

    pub fn published(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": "k",
                "x": encode(&point[1..33]), "y": encode(&point[33..]) })
    }

    pub fn token(&self, head: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature))
    }
}

pub fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

impl Provider {
    /// One that behaves, until it is told otherwise.
    pub async fn open() -> Self {
        Self::open_at(0).await
    }

    /// The same at a port that somebody has been told.
    pub async fn open_at(port: u16) -> Self {
        let door = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let issuer = format!("http://{}", door.local_addr().unwrap());
        let (answers, asked) = (Arc::default(), Arc::default());
        let provider = Self { issuer, key: SigningKey::new(), answers, asked };
        provider.says_of_itself(&json!({}));
        provider.says("/keys", 200, &json!({ "keys": [provider.key.published()] }));
        let (answers, asked) = (provider.answers.clone(), provider.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = door.accept().await {
                tokio::spawn(answer(stream, answers.clone(), asked.clone()));
            }
        });
        provider
    }

    /// What it says of itself, with some of it otherwise.
    pub fn says_of_itself(&self, otherwise: &Value) {
        let issuer = &self.issuer;
        let mut about = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?kind=chat"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
        });
        for (name, value) in otherwise.as_object().unwrap() {
            about[name] = value.clone();
        }
        self.says("/.well-known/openid-configuration", 200, &about);
    }

    pub fn says(&self, path: &str, status: u16, body: &Value) {
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} So\r\ncontent-length: {}\r\n\r\n", body.len());
        self.says_raw(path, &format!("{head}{body}"));
    }

    /// Every byte of an answer; `""` is silence.
    pub fn says_raw(&self, path: &str, answer: &str) {
        self.answers.lock().unwrap().insert(path.into(), answer.into());
    }

    /// What a code is changed for.
    pub fn gives(&self, token: &str) {
        self.says("/token", 200, &json!({ "id_token": token, "access_token": "canary-access" }));
    }

    /// Whatever it was asked since this was called the last time, heads and all.
    pub fn was_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn answer(
    mut stream: TcpStream,
    answers: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let mut raw = Vec::new();
    let whole = loop {
        if stream.read_buf(&mut raw).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            break text;
        }
    };
    let path = whole.split([' ', '?']).nth(1).unwrap().to_owned();
    asked.lock().unwrap().push(whole);
    let answer = answers.lock().unwrap().get(&path).cloned();
    let answer = answer.unwrap_or_else(|| "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n".into());
    if answer.is_empty() {
        return std::future::pending().await;
    }
    let _ = stream.write_all(answer.as_bytes()).await;
}
