//! `GET /v1/exports/{id}/download`: the file, whole or from where a download broke off.

use std::{io, net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::{Export, ExportId, ExportState};
use tallystick_delivery::{Compression, OpenExport, Spec, file_name};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{link::ExportLink, reached, spec_of, unknown};
use crate::{
    admin_events::{self, Who},
    error::{ApiError, ErrorCode, Problem},
    exports::{AUDIT_EXPORT_DOWNLOADED, act},
    http::{
        caller::{Authenticated, client, user_agent},
        params::Params,
        path::Id,
        ranges::{Part, part},
    },
    state::AppState,
};

/// Bytes that are read and sent at once.
const PIECE_BYTES: usize = 128 << 10;

/// Download the file of an export
///
/// With a key or a session, or with the `token` of a link. `Range` asks for a part of the file, `If-Range` with its
/// `ETag` makes sure that it is of the same file. Recorded as `audit_export.downloaded`.
#[utoipa::path(
    get,
    path = "/v1/exports/{id}/download",
    tag = "exports",
    operation_id = "download_export",
    params(
        ("id" = String, Path, description = "`exp_` and 20 characters"),
        ("token" = Option<String>, Query, description = "Of a link; then no key and no session is needed"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 403, description = "The link does not work",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not completed",
            body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It has expired",
            body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "The file has no such range"),
    ),
    security(("session" = []), ("api_key" = ["events:read"]), ()),
)]
pub async fn download(
    State(state): State<Arc<AppState>>,
    Id(id): Id<ExportId>,
    mut params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let token = params.text("token")?;
    let (export, reader) = if let Some(token) = token {
        params.end()?;
        by_link(&state, &parts, &id, &token).await?
    } else {
        let caller = Authenticated::from_request_parts(&mut parts, &state).await?;
        params.end()?;
        let export = reached(&state, &caller, Operation::DownloadExport, &id).await?;
        (export, Reader { who: Who::from(&caller), link: None, key: caller.caller.id.to_string() })
    };
    if export.state != ExportState::Completed {
        return Err(not_there(&export));
    }
    let spec = spec_of(&export)?;
    let headers = headers(&export, &spec)?;
    let tag = &headers[header::ETAG];
    if is_known(&parts.headers, tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let opened = open(&state, &export).await?;
    let part = part(&parts.headers, tag, opened.bytes);
    if parts.method != Method::HEAD && !matches!(part, Part::None) {
        admin_events::require_recordable(&state)?;
        record(&state, &export, &reader, &part).await;
    }
    send(opened, part, headers).await.map_err(ApiError::internal)
}

/// Who takes the file.
struct Reader {
    who: Who,
    /// Of which link, if it is by one.
    link: Option<String>,
    /// What tells readers apart.
    key: String,
}

async fn by_link(
    state: &Arc<AppState>,
    parts: &Parts,
    id: &ExportId,
    token: &str,
) -> Result<(Export, Reader), ApiError> {
    // Whether there is such an export is nothing to whoever has made up a link.
    let export = state.engine.catalog().export(id).await.map_err(|_| super::link::no_link())?;
    let link = ExportLink::open(state, &export, token).await?;
    let ip: Option<IpAddr> = client(parts, state);
    let who = Who::anonymous(ip, user_agent(&parts.headers));
    let who = who.on_behalf_of(&link.by, &link.by_name);
    Ok((export, Reader { who, link: Some(link.id.clone()), key: link.id }))
}

async fn open(state: &Arc<AppState>, export: &Export) -> Result<OpenExport, ApiError> {
    let (exports, wanted) = (Arc::clone(&state.exports), export.clone());
    let opened = tokio::task::spawn_blocking(move || exports.files().open(&wanted)).await;
    let opened = opened.map_err(ApiError::internal)?;
    match opened {
        Ok(opened) if opened.bytes == export.bytes => Ok(opened),
        Ok(opened) => {
            Err(missing(&format!("export {} has {} bytes, not {}", export.id, opened.bytes, export.bytes)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // It may have expired, or been deleted, a moment ago.
            match state.engine.catalog().export(&export.id).await {
                Ok(now) if now.state != ExportState::Completed => Err(not_there(&now)),
                Ok(_) => Err(missing(&format!("the file of export {} is missing", export.id))),
                Err(_) => Err(unknown(&export.id)),
            }
        }
        Err(error) => Err(ApiError::internal(error)),
    }
}

fn missing(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::StorageCorrupt,
        "the file of this export is missing or is not what was written; delete the export, and make another one",
    )
    .caused_by(what)
}

/// The export has no file, and why.
pub(super) fn not_there(export: &Export) -> ApiError {
    let status = export.state.as_str();
    match export.state {
        ExportState::Expired => ApiError::new(
            ErrorCode::ExportExpired,
            format!(
                "the file was kept until it expired; POST /v1/exports/{}/retry makes it again",
                export.id
            ),
        ),
        _ => ApiError::new(ErrorCode::ExportState, format!("the export is {status}, so there is no file")),
    }
}

fn headers(export: &Export, spec: &Spec) -> Result<HeaderMap, ApiError> {
    let sha256 = export.sha256.as_deref().unwrap_or_default();
    let digest = hex::decode(sha256).map_err(ApiError::internal)?;
    let kind = match spec.compression {
        Compression::None => spec.format.media_type(),
        Compression::Gzip => "application/gzip",
        Compression::Zstd => "application/zstd",
    };
    let pairs = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file_name(export, spec))),
        (header::ETAG, format!("\"{sha256}\"")),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::HeaderName::from_static("repr-digest"), format!("sha-256=:{}:", STANDARD.encode(digest))),
        (header::HeaderName::from_static("x-export-rows"), export.rows.to_string()),
        (header::HeaderName::from_static("x-export-log-size"), export.end_seq.to_string()),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_str(&value).map_err(ApiError::internal)?);
    }
    Ok(headers)
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|known| known == tag)
}

/// A download that goes on where it broke off is the same one: it is recorded again after a while only.
async fn record(state: &Arc<AppState>, export: &Export, reader: &Reader, part: &Part) {
    let what = (reader.key.as_str(), AUDIT_EXPORT_DOWNLOADED, export.id.as_str(), export.attempt);
    let is_new = state.reads.is_new(&what, state.clock.now_ms());
    if !is_new && matches!(part, Part::Some { .. }) {
        return;
    }
    let mut more = json!({ "rows": export.rows, "bytes": export.bytes, "sha256": export.sha256 });
    if let Some(link) = &reader.link {
        more["url_id"] = json!(link);
    }
    let act = act(AUDIT_EXPORT_DOWNLOADED, export, Vec::new(), more);
    admin_events::record_of(state, &reader.who, act, None).await;
}

async fn send(opened: OpenExport, part: Part, mut headers: HeaderMap) -> io::Result<Response> {
    let bytes = opened.bytes;
    let mut file = tokio::fs::File::from_std(opened.file);
    let (status, length) = match part {
        Part::None => {
            let mut answer = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            answer.headers_mut().insert(header::CONTENT_RANGE, text(&format!("bytes */{bytes}")));
            return Ok(answer);
        }
        Part::Whole => (StatusCode::OK, bytes),
        Part::Some { first, last } => {
            file.seek(io::SeekFrom::Start(first)).await?;
            headers.insert(header::CONTENT_RANGE, text(&format!("bytes {first}-{last}/{bytes}")));
            (StatusCode::PARTIAL_CONTENT, last - first + 1)
        }
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), PIECE_BYTES));
    Ok((status, headers, body).into_response())
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("made of ASCII")
}
