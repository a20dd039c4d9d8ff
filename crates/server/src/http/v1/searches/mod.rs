//! Searches that are kept: for oneself, or for everybody in the organization. A kept search is a text; whoever runs it
//! sees what their own role lets them see.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_auth::{Operation, Reach};
use tallystick_catalog::{CatalogError, SavedSearch, SearchId};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    admin_events::Act,
    error::{ApiError, convert::invalid_query},
    http::{caller::Authenticated, params::invalid},
    state::AppState,
};

/// A search was kept.
pub const AUDIT_SEARCH_CREATED: &str = "audit_search.created";
/// It was changed.
pub const AUDIT_SEARCH_UPDATED: &str = "audit_search.updated";
/// It was deleted.
pub const AUDIT_SEARCH_DELETED: &str = "audit_search.deleted";

/// Columns of a view at most.
pub const VIEW_COLUMNS_MAX: usize = 30;
/// Longest word of a view, characters.
const WORD_CHARS_MAX: usize = 100;
const GROUPS: &[&str] = &["outcome", "actor", "action", "crud", "source", "none"];

/// How the events of a search are looked at; what is left out is as it is without a search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Range of time relative to now: `24h`, `7d`, `this-month`, `all`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "30d")]
    range: Option<String>,
    /// Or: from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// And up to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Names of columns, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// What bars are grouped by: `outcome`, `actor`, `action`, `crud`, `source` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// `desc` or `asc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
}

impl View {
    fn check(&self) -> Result<(), ApiError> {
        let is_short = |word: &String| {
            (1..=WORD_CHARS_MAX).contains(&word.chars().count()) && !word.chars().any(char::is_control)
        };
        let words = [&self.range, &self.from, &self.to].into_iter().flatten();
        let columns = self.columns.iter().flatten();
        if !words.chain(columns).all(is_short) {
            return Err(invalid("view", &format!("each word has 1 to {WORD_CHARS_MAX} characters")));
        }
        if self.range.is_some() && (self.from.is_some() || self.to.is_some()) {
            return Err(invalid("view", "a range is either relative, or from and to"));
        }
        if self.columns.as_ref().is_some_and(|columns| columns.len() > VIEW_COLUMNS_MAX) {
            return Err(invalid("view", &format!("at most {VIEW_COLUMNS_MAX} columns")));
        }
        if self.group.as_ref().is_some_and(|group| !GROUPS.contains(&group.as_str())) {
            return Err(invalid("view", &format!("group is one of {}", GROUPS.join(", "))));
        }
        if self.order.as_ref().is_some_and(|order| order != "asc" && order != "desc") {
            return Err(invalid("view", "order is asc or desc"));
        }
        Ok(())
    }

    fn to_text(&self) -> Result<String, ApiError> {
        self.check()?;
        serde_json::to_string(self).map_err(ApiError::internal)
    }
}

/// Who keeps a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchOwner {
    /// Id of a person or a key, or `root`.
    id: String,
    /// Their name when it was made.
    name: String,
}

/// A search that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedSearchAnswer {
    /// `sv_` and 20 characters.
    id: String,
    /// In which organization.
    org: String,
    /// For people.
    name: String,
    /// The query.
    query: String,
    /// How its events are looked at.
    view: View,
    /// Whether everybody in the organization sees it.
    shared: bool,
    /// Who keeps it.
    owner: SearchOwner,
    /// Whether that is the caller.
    own: bool,
    /// Whether the caller may change and delete it.
    editable: bool,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    updated_at: String,
}

impl SavedSearchAnswer {
    fn of(search: &SavedSearch, caller: &Authenticated) -> Self {
        let own = is_own(search, caller);
        let manages = || caller.may(Operation::ManageSharedSearch, Some(&search.org)).is_ok();
        Self {
            id: search.id.to_string(),
            org: search.org.to_string(),
            name: search.name.clone(),
            query: search.query.clone(),
            // One that a newer version wrote is shown as far as it is known: as none.
            view: serde_json::from_str(&search.view).unwrap_or_default(),
            shared: search.is_shared,
            owner: SearchOwner { id: search.owner.clone(), name: search.owner_name.clone() },
            own,
            editable: own || (search.is_shared && manages()),
            created_at: format_ms(search.created_ms),
            updated_at: format_ms(search.updated_ms),
        }
    }
}

fn is_own(search: &SavedSearch, caller: &Authenticated) -> bool {
    search.owner == caller.caller.id.to_string()
}

/// A query that cannot be run is not worth keeping.
fn check_query(text: &str) -> Result<(), ApiError> {
    tallystick_query::parse(text).into_result().map(drop).map_err(|errors| invalid_query("query", &errors))
}

fn unknown(id: &SearchId) -> ApiError {
    CatalogError::NotFound { kind: "search", id: id.to_string() }.into()
}

/// The search with this id, if the caller may see it. Others are as unknown as those that do not exist.
async fn seen(state: &AppState, caller: &Authenticated, id: &SearchId) -> Result<SavedSearch, ApiError> {
    let reach = caller.may(Operation::GetSearch, None)?;
    let search = state.engine.catalog().search(id).await?;
    let is_seen = reach.covers(Some(&search.org)) && (search.is_shared || is_own(&search, caller));
    if is_seen { Ok(search) } else { Err(unknown(id)) }
}

/// The search with this id, if the caller may carry out `operation` on it as its owner, or manages what is shared.
async fn changeable(
    state: &AppState,
    caller: &Authenticated,
    operation: Operation,
    id: &SearchId,
) -> Result<SavedSearch, ApiError> {
    let found = state.engine.catalog().search(id).await;
    let others = found.as_ref().is_ok_and(|search| search.is_shared && !is_own(search, caller));
    let reach: Reach = caller.may(if others { Operation::ManageSharedSearch } else { operation }, None)?;
    let search = found?;
    if reach.covers(Some(&search.org)) && (others || is_own(&search, caller)) {
        Ok(search)
    } else {
        Err(unknown(id))
    }
}

/// What is recorded of an act on a search.
fn act(action: &'static str, before: Option<&SavedSearch>, after: Option<&SavedSearch>) -> Act {
    let one = after.or(before).expect("a search before or after");
    let members = |search: &SavedSearch| {
        let view: Value = serde_json::from_str(&search.view).unwrap_or_default();
        [json!(search.name), json!(search.query), view, json!(search.is_shared)]
    };
    let all = |search: Option<&SavedSearch>| search.map_or([const { Value::Null }; 4], members);
    let paths = ["/name", "/query", "/view", "/shared"];
    let sides = all(before).into_iter().zip(all(after));
    let changes = paths.into_iter().zip(sides).map(|(path, (old, new))| (path, old, new));
    let changes = changes.filter(|(_, old, new)| old != new);
    Act {
        action,
        org: Some(one.org.clone()),
        target_type: "audit_search",
        target_id: one.id.to_string(),
        target_name: one.name.clone(),
        changes: changes.collect(),
        metadata: json!({ "owner": one.owner }),
    }
}
