//! `/share/{token}`: one event with its proof, for somebody without an account. It works without JavaScript, is in no
//! search engine, and tells no other site that it was looked at. What the page says of the proof is this service's
//! word; the downloads are for checking it elsewhere.

mod proof;
mod view;

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};
use serde_json::json;
use tallystick_auth::OpenShareError;
use tallystick_catalog::Share;
use tallystick_engine::search::{Scope, StoredEvent};

use super::mark;
use crate::{
    admin_events::{self, Who},
    error::{ApiError, ErrorCode},
    http::{
        caller::{client, user_agent},
        v1::shares::{AUDIT_SHARE_DOWNLOADED, AUDIT_SHARE_OPENED, act},
    },
    state::AppState,
    ui::assets::FILES,
};

/// Only the style sheet, and only from here: no scripts, no forms, no frames.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);
const NOINDEX: HeaderValue = HeaderValue::from_static("noindex, nofollow, noarchive");
/// The address is the secret, so it goes nowhere.
const REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const STYLES: [&str; 4] = ["tokens", "base", "pages", "share"];

/// A link that works, and what is behind it.
struct Opened {
    share: Share,
    /// None: it is not there any more.
    event: Option<StoredEvent>,
    who: Who,
}

/// `GET /share/{token}`
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let Some(opened) = open(&state, &token, request).await? else { return Ok(gone()) };
    note(&state, &opened, AUDIT_SHARE_OPENED).await;
    let Some(event) = &opened.event else {
        return Ok(page(StatusCode::GONE, "The event was erased", &erased(&opened.share)));
    };
    let org = state.engine.catalog().organization(&opened.share.org).await?.name;
    let checked = proof::check(&state, &opened.share.org, event.meta.seq).await?;
    let content = view::event(&org, &opened.share, event, &checked, &token)?;
    Ok(page(StatusCode::OK, &view::title(event)?, &content))
}

/// `GET /share/{token}/proof.json`
pub async fn proof_json(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    download(&state, &token, request, "application/json", "json", proof::Checked::json).await
}

/// `GET /share/{token}/proof.tlog-proof`
pub async fn proof_text(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let text = |checked: &proof::Checked| Ok(checked.document.proof.clone());
    download(&state, &token, request, "text/plain; charset=utf-8", "tlog-proof", text).await
}

async fn download(
    state: &Arc<AppState>,
    token: &str,
    request: Request,
    kind: &'static str,
    ending: &str,
    body: impl FnOnce(&proof::Checked) -> Result<String, ApiError>,
) -> Result<Response, ApiError> {
    let Some(opened) = open(state, token, request).await? else { return Ok(gone()) };
    let Some(event) = &opened.event else {
        return Ok(page(StatusCode::GONE, "The event was erased", &erased(&opened.share)));
    };
    note(state, &opened, AUDIT_SHARE_DOWNLOADED).await;
    let checked = proof::check(state, &opened.share.org, event.meta.seq).await?;
    let name = format!("attachment; filename=\"{}.{ending}\"", opened.share.event);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(ApiError::internal)?),
        (HeaderName::from_static("x-robots-tag"), NOINDEX),
        (header::REFERRER_POLICY, REFERRER),
    ];
    Ok((headers, body(&checked)?).into_response())
}

/// The event behind a link; none if the link does not work.
async fn open(state: &Arc<AppState>, token: &str, request: Request) -> Result<Option<Opened>, ApiError> {
    let (parts, _) = request.into_parts();
    let from = client(&parts, state);
    let share = match state.auth.open_share(token, from).await {
        Ok(share) => share,
        Err(OpenShareError::Gone) => return Ok(None),
        Err(OpenShareError::TooManyFailures { retry_after_ms }) => {
            let seconds = retry_after_ms.max(0) as u64 / 1_000 + 1;
            let why = "too many links that do not work were tried from this address";
            return Err(ApiError::new(ErrorCode::TooManyFailures, why).retry_after(seconds));
        }
        Err(OpenShareError::Catalog(error)) => return Err(error.into()),
    };
    let (id, scope) = (share.event, Scope::Orgs(vec![share.org.clone()]));
    let event = state.read(move |engine| engine.get(&id, &scope)).await?;
    let who = Who::anonymous(from, user_agent(&parts.headers));
    Ok(Some(Opened { share, event, who }))
}

/// Records that a link was opened, not for each load of the page anew.
async fn note(state: &Arc<AppState>, opened: &Opened, action: &'static str) {
    let share = &opened.share;
    if !state.reads.is_new(&(action, share.id.as_str(), opened.who.ip()), state.clock.now_ms()) {
        return;
    }
    let mut act = act(action, share, Vec::new());
    act.metadata["created_by"] = json!(share.created_by);
    admin_events::record_of(state, &opened.who, act, None).await;
    if let Err(error) = state.engine.catalog().note_share_opened(&share.id).await {
        tracing::warn!(?error, "when a shared event was last opened could not be noted");
    }
}

fn erased(share: &Share) -> Markup {
    html! {
        h1 { "This event was erased" }
        p {
            "The event " code { (share.event) } " is not in the log's store any more: it was erased, or its time of "
            "keeping is over. The log still holds the hash by which a copy of it can be proven."
        }
    }
}

fn gone() -> Response {
    let content = html! {
        h1 { "This link does not work" }
        p { "It is mistyped, was taken back, or is too old. Ask whoever gave it to you for a new one." }
    };
    page(StatusCode::NOT_FOUND, "This link does not work", &content)
}

fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) " · Tallystick" }
                link rel="icon" href=(FILES.url("app/favicon.svg")) type="image/svg+xml";
                @for style in STYLES {
                    link rel="stylesheet" href=(FILES.url(&format!("app/css/{style}.css")));
                }
            }
            body class="plain shared" {
                main {
                    p class="brand" { (mark()) "Tallystick" }
                    div class="card" { (content) }
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, REFERRER),
        (HeaderName::from_static("x-robots-tag"), NOINDEX),
    ];
    (status, headers, page.into_string()).into_response()
}
