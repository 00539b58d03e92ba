//! Style sheet, script and icon: part of the program, so that a page needs nothing else.
//!
//! In: a name with a hash of the content. Out: the content, to be kept for ever under this name. Start at
//! [`address`] and [`asset`].

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

/// A file that pages load.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: String,
    address: String,
}

const FILES: [(&str, &str, &[&str]); 3] = [
    (
        "site.css",
        "text/css; charset=utf-8",
        &[include_str!("../templates/report.css"), include_str!("../templates/site.css")],
    ),
    ("site.js", "text/javascript; charset=utf-8", &[include_str!("../templates/site.js")]),
    ("icon.svg", "image/svg+xml", &[include_str!("../templates/icon.svg")]),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |(name, media_type, parts): (&'static str, &'static str, &[&str])| {
        let content = parts.concat();
        let digest = Sha256::digest(content.as_bytes());
        let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Asset { name, media_type, address: format!("/assets/{hash}-{name}"), content }
    };
    FILES.into_iter().map(asset).collect()
});

/// Where an asset is.
pub(crate) fn address(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.address.as_str())
}

/// `GET /assets/{name}`
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let is_it = |asset: &&Asset| asset.address.strip_prefix("/assets/") == Some(name.as_str());
    match ASSETS.iter().find(is_it) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.content.as_str(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
