//! `/metrics`: what the program counts, for Prometheus.
//!
//! **Invariant:** only whoever shows the configured token reads it or, where none is configured,
//! only this machine itself, and not through a proxy. To all others the address is nothing.

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;

use super::answer::Answer;
use super::{Site, host};
use crate::error::Error;
use crate::password;

const TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

pub(super) async fn show(
    State(site): State<Site>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Answer {
    if !may_read(site.app.config.metrics_token.as_deref(), peer, &headers) {
        return Err(Error::NotFound.into());
    }
    let registry = registry(&site).await?;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).map_err(Error::broken)?;
    Ok(Response::into_response(([(header::CONTENT_TYPE, TYPE)], text).into_response()))
}

fn may_read(token: Option<&str>, peer: SocketAddr, headers: &HeaderMap) -> bool {
    let Some(token) = token else {
        // A proxy on this machine speaks for somebody else; so does a page in a browser on it, under
        // a name of its own that leads here.
        let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
        return peer.ip().is_loopback()
            && host::asks_locally(headers)
            && !forwarded.iter().any(|name| headers.contains_key(*name));
    };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    // Of digests: how long the comparison takes says nothing about the token.
    shown.is_some_and(|shown| Sha256::digest(shown) == Sha256::digest(token))
}

/// Meters are shared with those who count; figures that nobody counts are read now.
async fn registry(site: &Site) -> Result<Registry, Error> {
    let mut all = Registry::with_prefix("backchannel");
    all.register(
        "build",
        "What runs here",
        Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
    );

    let requests = &site.app.requests;
    all.register("requests", "Requests answered", requests.answered.clone());
    all.register_with_unit(
        "request",
        "From a request to the head of its answer, long-polls included",
        Unit::Seconds,
        requests.seconds.clone(),
    );
    all.register("errors", "Requests refused or failed, by kind", requests.errors.clone());
    all.register("changes", "What happened in rooms", requests.changes.clone());
    all.register_with_unit("search", "A search", Unit::Seconds, requests.search.clone());
    all.register("search_steps", "A search's walk", requests.search_steps.clone());

    let hashed = Counter::<u64>::default();
    hashed.inc_by(password::n_hashed());
    all.register("password_hashes", "Passwords hashed, to keep or to compare", hashed);
    all.register(
        "connections_refused",
        "Connections refused: their address had too many",
        requests.refused_connections.clone(),
    );

    let writing = site.app.store.meters();
    all.register("write_group", "Writes in one transaction", writing.group.clone());
    all.register_with_unit(
        "write_wait",
        "A write's wait for its transaction",
        Unit::Seconds,
        writing.wait.clone(),
    );
    all.register_with_unit(
        "write_commit",
        "A commit with its sync",
        Unit::Seconds,
        writing.commit.clone(),
    );
    all.register("writes_refused", "Refused: the queue was full", writing.refused.clone());

    let streaming = site.live.hub.meters();
    all.register("deliveries", "Frames handed to readers", streaming.deliveries.clone());
    all.register("put_out", "Readers too slow to be kept", streaming.put_out.clone());
    all.register_with_unit(
        "delivery_lag",
        "From a commit to the last reader who keeps up",
        Unit::Seconds,
        streaming.lag.clone(),
    );
    let gauge = |all: &mut Registry, name: &str, help: &str, value: u64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        all.register(name, help, gauge);
    };
    gauge(&mut all, "open_streams", "Streams open", site.live.hub.n_streams() as u64);

    let sizes = site.app.store.sizes().await?;
    gauge(&mut all, "file_bytes", "The file", sizes.file);
    gauge(&mut all, "wal_bytes", "What is not yet in the file", sizes.wal);
    gauge(&mut all, "disk_failed", "1 after a failure of the disk", site.app.store.failed().into());
    let in_doubt = crate::doubt::until(&site.app).await?.is_some();
    gauge(&mut all, "clock_in_doubt", "1: it may have jumped, nothing expires", in_doubt.into());
    if let Some(bytes) = crate::store::blocking(|| Ok(resident())).await? {
        gauge(&mut all, "memory_bytes", "Memory of this process (RSS)", bytes);
    }
    Ok(all)
}

/// From Linux; elsewhere the figure is left out.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}
