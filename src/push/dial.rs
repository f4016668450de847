//! One connection to a push service, for one parcel.
//!
//! **Invariants:** names are looked up here and the numbers judged before one is connected to, so
//! that no name can mean something else a moment later; there is no proxy, no redirect is followed,
//! and of the answer only the head is read.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Endpoint, Outcome, Parcel};
use crate::error::{Error, Result};

/// All of it: name, connection, TLS, the head of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// For one number of several.
const TO_CONNECT: Duration = Duration::from_secs(4);
/// Numbers that are tried.
const N_TRIED: usize = 3;
/// Bytes of the head of an answer at most.
const HEAD: usize = 16 * 1024;

/// Brings parcels to push services.
#[derive(Clone)]
pub struct Pusher {
    tls: TlsConnector,
}

/// Why nothing was brought.
#[derive(Debug, PartialEq, Eq)]
enum Failed {
    Forbidden,
    /// Nobody there, or not who they should be: may pass.
    Now,
}

impl Pusher {
    /// Trusts whom browsers trust.
    pub fn new() -> Result<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(roots)
    }

    fn trusting(roots: RootCertStore) -> Result<Self> {
        // Named: two providers in one program would make it a guess.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Error::broken)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Brings one parcel.
    pub async fn push(&self, endpoint: &Endpoint, parcel: Parcel) -> Outcome {
        let brought = async {
            let stream = dial(endpoint).await?;
            if endpoint.is_plain() {
                converse(stream, endpoint, parcel).await
            } else {
                self.converse_in_private(stream, endpoint, parcel).await
            }
        };
        match timeout(PATIENCE, brought).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(Failed::Forbidden)) => Outcome::Forbidden,
            Ok(Err(Failed::Now)) | Err(_) => Outcome::Later(None),
        }
    }

    async fn converse_in_private(
        &self,
        stream: TcpStream,
        endpoint: &Endpoint,
        parcel: Parcel,
    ) -> Result<Outcome, Failed> {
        let name =
            ServerName::try_from(endpoint.host().to_owned()).map_err(|_| Failed::Forbidden)?;
        let stream = self.tls.connect(name, stream).await.map_err(|_| Failed::Now)?;
        converse(stream, endpoint, parcel).await
    }
}

async fn dial(endpoint: &Endpoint) -> Result<TcpStream, Failed> {
    let found = lookup_host((endpoint.host(), endpoint.port())).await.map_err(|_| Failed::Now)?;
    let numbers: Vec<SocketAddr> = found.filter(|number| endpoint.allows(number.ip())).collect();
    if numbers.is_empty() {
        return Err(Failed::Forbidden);
    }
    for number in numbers.into_iter().take(N_TRIED) {
        if let Ok(Ok(stream)) = timeout(TO_CONNECT, TcpStream::connect(number)).await {
            return Ok(stream);
        }
    }
    Err(Failed::Now)
}

async fn converse<S>(stream: S, endpoint: &Endpoint, parcel: Parcel) -> Result<Outcome, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::post(endpoint.path())
        .header(HOST, endpoint.authority())
        .header(AUTHORIZATION, parcel.authorization)
        .header(CONTENT_ENCODING, "aes128gcm")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header("ttl", parcel.keep.as_secs())
        .header("topic", parcel.topic)
        .header("urgency", if parcel.urgent { "high" } else { "normal" })
        .body(Full::new(Bytes::from(parcel.body)))
        .map_err(|_| Failed::Forbidden)?;
    let mut http = http1::Builder::new();
    http.max_buf_size(HEAD);
    let (mut sender, connection) =
        http.handshake(TokioIo::new(stream)).await.map_err(|_| Failed::Now)?;
    // Both at once; whatever comes after the head is dropped with the connection. One that ends
    // may have brought the answer with its last bytes.
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    let answer = answer.map_err(|_| Failed::Now)?;
    Ok(outcome(answer.status(), answer.headers()))
}

fn outcome(status: StatusCode, headers: &HeaderMap) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Taken,
        404 | 410 => Outcome::Gone,
        408 | 429 | 500..=599 => {
            let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok());
            Outcome::Later(after.and_then(|after| after.parse().ok()).map(Duration::from_secs))
        }
        status => Outcome::Refused(status),
    }
}

#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// `push.test`, by its own word, until 2126.
    const CERTIFICATE: &str = "MIIBkzCCATigAwIBAgIUalqHmY/k3akgpoZtkZquhUaQFeswCgYIKoZIzj0EAwIwFDES\
        MBAGA1UEAwwJcHVzaC50ZXN0MCAXDTI2MTEyNDEzMDEyNVoYDzIxMjYxMDMxMTMwMTI1WjAUMRIwEAYDVQQDDAlwdXNo\
        LnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS/rYwTExB2EiaLZ9O7FodfZhhM11LqmpsBhUoIjkDclb2FgR/7\
        TCDRDuirhtJ0zgyUQECsVPOtlTAN59XFxlJ7o2YwZDAdBgNVHQ4EFgQUQl0CDT9eXC6KMH7N9lf32V8vkzMwHwYDVR0j\
        BBgwFoAUQl0CDT9eXC6KMH7N9lf32V8vkzMwFAYDVR0RBA0wC4IJcHVzaC50ZXN0MAwGA1UdEwEB/wQCMAAwCgYIKoZI\
        zj0EAwIDSQAwRgIhAI3DuX5bM6KD31tDAClzS+SPFEjNWoxorBwZYJHPnUAsAiEApPlJ6b+rcOEIA/OG1BeInvIWyeNO\
        XTmOg6ycxILthDs=";
    const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgECblIm7hRsmd4+9N4/vNb/8pUY3/\
        t65fdbD5bWRCJHahRANCAAS/rYwTExB2EiaLZ9O7FodfZhhM11LqmpsBhUoIjkDclb2FgR/7TCDRDuirhtJ0zgyUQECs\
        VPOtlTAN59XFxlJ7";

    fn certificate() -> CertificateDer<'static> {
        STANDARD.decode(CERTIFICATE).unwrap().into()
    }

    fn parcel() -> Parcel {
        Parcel {
            body: b"sealed".to_vec(),
            authorization: "vapid t=a, k=b".into(),
            keep: Duration::from_mins(1),
            topic: "room-1".into(),
            urgent: true,
        }
    }

    /// A push service that is asked once over TLS; what it was asked.
    async fn ask(pusher: &Pusher, host: &str, answer: &'static str) -> (Outcome, String) {
        let key = PrivatePkcs8KeyDer::from(STANDARD.decode(KEY).unwrap());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate()], PrivateKeyDer::from(key))
            .unwrap();
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
        let service = tokio::spawn(async move {
            let (stream, _) = door.accept().await.unwrap();
            let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else {
                return String::new();
            };
            let mut asked = Vec::new();
            while !asked.ends_with(b"sealed") {
                stream.read_buf(&mut asked).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let endpoint = Endpoint::parse(&format!("https://{host}:8443/send?to=x"), false).unwrap();
        let outcome = pusher.converse_in_private(stream, &endpoint, parcel()).await;
        let outcome = outcome.unwrap_or(Outcome::Forbidden);
        (outcome, service.await.unwrap())
    }

    #[tokio::test]
    async fn a_push_service_is_spoken_to_in_private_and_only_if_it_is_who_it_should_be() {
        let mut roots = RootCertStore::empty();
        roots.add(certificate()).unwrap();
        let pusher = Pusher::trusting(roots).unwrap();
        let created = "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
        let (outcome, asked) = ask(&pusher, "push.test", created).await;
        assert_eq!(outcome, Outcome::Taken);
        assert!(
            asked.starts_with("POST /send?to=x HTTP/1.1\r\nhost: push.test:8443\r\n"),
            "{asked}"
        );
        for field in ["authorization: vapid t=a, k=b", "ttl: 60", "topic: room-1", "urgency: high"]
        {
            assert!(asked.contains(&format!("{field}\r\n")), "{field} in {asked}");
        }
        let elsewhere = "HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1/\r\n\r\n";
        assert_eq!(ask(&pusher, "push.test", elsewhere).await.0, Outcome::Refused(307));

        let (outcome, asked) = ask(&pusher, "other.test", created).await;
        assert_eq!((outcome, asked.as_str()), (Outcome::Forbidden, ""), "another name");
        let (outcome, asked) = ask(&Pusher::new().unwrap(), "push.test", created).await;
        assert_eq!((outcome, asked.as_str()), (Outcome::Forbidden, ""), "nobody vouches for it");
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_not_connected_to() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = door.local_addr().unwrap().port();
        // Every machine knows this name; it is refused when it is read, so it is put in behind that.
        let local = Endpoint::parse(&format!("http://localhost:{port}/"), true).unwrap();
        assert!(dial(&local).await.is_ok(), "it could be connected to");
        assert_eq!(dial(&local.as_if_public()).await.err(), Some(Failed::Forbidden));
    }

    #[test]
    fn what_is_busy_is_asked_again_and_what_is_gone_is_not() {
        let mut headers = HeaderMap::new();
        let of =
            |status, headers: &HeaderMap| outcome(StatusCode::from_u16(status).unwrap(), headers);
        assert_eq!([of(404, &headers), of(410, &headers)], [Outcome::Gone, Outcome::Gone]);
        assert_eq!(
            [of(429, &headers), of(503, &headers)],
            [Outcome::Later(None), Outcome::Later(None)]
        );
        assert_eq!(
            [of(302, &headers), of(403, &headers)],
            [Outcome::Refused(302), Outcome::Refused(403)]
        );
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        assert_eq!(of(429, &headers), Outcome::Later(Some(Duration::from_secs(7))));
    }
}
