//! One request to somewhere else, and its answer: the only place that connects to anywhere.
//!
//! **Invariants:** names are looked up here and the numbers judged before one is connected to, so
//! that no name can mean something else a moment later; there is no proxy, no redirect is followed,
//! and of an answer no more is read than was asked for.
//!
//! The roots of trust are compiled in, so that the one file runs on a bare machine.

mod number;

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use crate::error::{Error, Result};

/// For one number of several.
const TO_CONNECT: Duration = Duration::from_secs(4);
/// Numbers that are tried.
const N_TRIED: usize = 3;
/// Bytes of the head of an answer at most.
const HEAD: usize = 16 * 1024;

/// Which numbers may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public network: somebody else named the address.
    Public,
    /// This machine's own.
    Local,
    /// All: the operator named the address.
    Any,
}

impl Reach {
    /// May this number be connected to?
    pub fn allows(self, number: IpAddr) -> bool {
        match self {
            Self::Public => number::is_public(number),
            Self::Local => number.is_loopback(),
            Self::Any => true,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It is not where it may be.
    #[error("its address is not one that is connected to")]
    Forbidden,
    /// Nobody knows its name.
    #[error("its name leads nowhere")]
    Nameless,
    /// Nobody there.
    #[error("it does not answer")]
    Silent,
    /// Somebody there, who cannot show that they are meant.
    #[error("it cannot show by its certificate that it is the one")]
    Untrusted,
    /// More than was asked for.
    #[error("its answer is too long")]
    TooLong,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub headers: HeaderMap,
    /// As much of it as was asked for: all or nothing.
    pub body: Bytes,
}

/// Asks others.
#[derive(Clone)]
pub struct Dialer {
    tls: TlsConnector,
}

impl Dialer {
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

    /// Sends one request to an address and reads at most so many bytes of the answer's body; none
    /// of it where that is 0. How long it may take is the caller's affair.
    pub async fn ask(
        &self,
        to: &Url,
        reach: Reach,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, Failed> {
        let stream = connect(to, reach).await?;
        if to.scheme() == "http" {
            converse(stream, to, request, most).await
        } else {
            self.converse_in_private(stream, to, request, most).await
        }
    }

    async fn converse_in_private(
        &self,
        stream: TcpStream,
        to: &Url,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, Failed> {
        let name = ServerName::try_from(host(to).to_owned()).map_err(|_| Failed::Forbidden)?;
        let stream = self.tls.connect(name, stream).await.map_err(|_| Failed::Untrusted)?;
        converse(stream, to, request, most).await
    }
}

/// Name or number, without brackets.
fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

async fn connect(to: &Url, reach: Reach) -> Result<TcpStream, Failed> {
    let port = to.port_or_known_default().unwrap_or(443);
    let found = lookup_host((host(to), port)).await.map_err(|_| Failed::Nameless)?;
    let numbers: Vec<SocketAddr> = found.filter(|number| reach.allows(number.ip())).collect();
    if numbers.is_empty() {
        return Err(Failed::Forbidden);
    }
    for number in numbers.into_iter().take(N_TRIED) {
        if let Ok(Ok(stream)) = timeout(TO_CONNECT, TcpStream::connect(number)).await {
            return Ok(stream);
        }
    }
    Err(Failed::Silent)
}

async fn converse<S>(
    stream: S,
    to: &Url,
    mut request: Request<Full<Bytes>>,
    most: usize,
) -> Result<Answer, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let path = &to[Position::BeforePath..Position::AfterQuery];
    *request.uri_mut() = Uri::try_from(path).map_err(|_| Failed::Forbidden)?;
    let mut headers = HeaderMap::new();
    let named = HeaderValue::from_str(to.authority()).map_err(|_| Failed::Forbidden)?;
    headers.insert(HOST, named);
    headers.extend(std::mem::take(request.headers_mut()));
    *request.headers_mut() = headers;
    let mut http = http1::Builder::new();
    http.max_buf_size(HEAD);
    let (mut sender, connection) =
        http.handshake(TokioIo::new(stream)).await.map_err(|_| Failed::Silent)?;
    let asked = async {
        let answer = sender.send_request(request).await.map_err(|_| Failed::Silent)?;
        let (head, body) = answer.into_parts();
        let body = match most {
            0 => Bytes::new(),
            most => match Limited::new(body, most).collect().await {
                Ok(whole) => whole.to_bytes(),
                Err(error) if error.is::<LengthLimitError>() => return Err(Failed::TooLong),
                Err(_) => return Err(Failed::Silent),
            },
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    };
    // Both at once; whatever else comes is dropped with the connection. One that ends may have
    // brought the answer with its last bytes.
    let mut asked = pin!(asked);
    tokio::select! {
        answer = &mut asked => answer,
        _ = connection => asked.await,
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

    fn request() -> Request<Full<Bytes>> {
        Request::post("/").header("topic", "room-1").body(Full::from("sealed")).unwrap()
    }

    /// Somebody who is asked once over TLS; what they were asked.
    async fn ask(
        dialer: &Dialer,
        name: &str,
        answer: &'static str,
    ) -> (Result<Answer, Failed>, String) {
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
        let to = Url::parse(&format!("https://{name}:8443/send?to=x")).unwrap();
        let answer = dialer.converse_in_private(stream, &to, request(), 10).await;
        (answer, service.await.unwrap())
    }

    #[tokio::test]
    async fn others_are_spoken_to_in_private_and_only_if_they_are_who_they_should_be() {
        let mut roots = RootCertStore::empty();
        roots.add(certificate()).unwrap();
        let dialer = Dialer::trusting(roots).unwrap();
        let created = "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nhi";
        let (answer, asked) = ask(&dialer, "push.test", created).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), &*answer.body), (201, &b"hi"[..]));
        let head = "POST /send?to=x HTTP/1.1\r\nhost: push.test:8443\r\ntopic: room-1\r\n";
        assert!(asked.starts_with(head), "{asked}");
        let elsewhere = "HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1/\r\n\r\n";
        assert_eq!(ask(&dialer, "push.test", elsewhere).await.0.unwrap().status, 307);
        let long = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n0123456789a";
        assert_eq!(ask(&dialer, "push.test", long).await.0.err(), Some(Failed::TooLong));
        // One that says nothing of its length, and ends.
        let short = "HTTP/1.1 200 OK\r\n\r\n0123456789";
        assert_eq!(&*ask(&dialer, "push.test", short).await.0.unwrap().body, b"0123456789");

        let (answer, asked) = ask(&dialer, "other.test", created).await;
        assert_eq!((answer.err(), &*asked), (Some(Failed::Untrusted), ""), "another name");
        let (answer, asked) = ask(&Dialer::new().unwrap(), "push.test", created).await;
        assert_eq!((answer.err(), &*asked), (Some(Failed::Untrusted), ""), "nobody vouches for it");
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_not_connected_to() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = door.local_addr().unwrap().port();
        let here = Url::parse(&format!("http://localhost:{port}/")).unwrap();
        assert!(connect(&here, Reach::Local).await.is_ok(), "it could be connected to");
        assert!(connect(&here, Reach::Any).await.is_ok());
        assert_eq!(connect(&here, Reach::Public).await.err(), Some(Failed::Forbidden));
        let away = Url::parse("http://8.8.8.8:9/").unwrap();
        assert_eq!(connect(&away, Reach::Local).await.err(), Some(Failed::Forbidden));
    }
}
