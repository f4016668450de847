//! One parcel on its way to a push service.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use hyper::{HeaderMap, Request, StatusCode};
use tokio::time::timeout;

use super::{Endpoint, Outcome, Parcel};
use crate::dial::{Dialer, Failed};
use crate::error::Result;

/// All of it: name, connection, TLS, the head of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Brings parcels to push services.
#[derive(Clone)]
pub struct Pusher {
    dialer: Dialer,
}

impl Pusher {
    /// Trusts whom browsers trust.
    pub fn new() -> Result<Self> {
        Ok(Self { dialer: Dialer::new()? })
    }

    /// Brings one parcel.
    pub async fn push(&self, endpoint: &Endpoint, parcel: Parcel) -> Outcome {
        let Some(request) = request(parcel) else { return Outcome::Forbidden };
        let asked = self.dialer.ask(endpoint.url(), endpoint.reach(), request, 0);
        match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => outcome(answer.status, &answer.headers),
            Ok(Err(Failed::Forbidden)) => Outcome::Forbidden,
            // Nobody there, or not who they should be: may pass.
            Ok(Err(_)) | Err(_) => Outcome::Later(None),
        }
    }
}

fn request(parcel: Parcel) -> Option<Request<Full<Bytes>>> {
    Request::post("/")
        .header(AUTHORIZATION, parcel.authorization)
        .header(CONTENT_ENCODING, "aes128gcm")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header("ttl", parcel.keep.as_secs())
        .header("topic", parcel.topic)
        .header("urgency", if parcel.urgent { "high" } else { "normal" })
        .body(Full::new(Bytes::from(parcel.body)))
        .ok()
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
    use super::*;

    #[test]
    fn a_parcel_says_for_how_long_and_how_urgently() {
        let parcel = Parcel {
            body: b"sealed".to_vec(),
            authorization: "vapid t=a, k=b".into(),
            keep: Duration::from_mins(1),
            topic: "room-1".into(),
            urgent: true,
        };
        let request = request(parcel).unwrap();
        for (name, value) in [
            ("authorization", "vapid t=a, k=b"),
            ("ttl", "60"),
            ("topic", "room-1"),
            ("urgency", "high"),
        ] {
            assert_eq!(request.headers().get(name).unwrap(), value);
        }
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
