//! Application activity: files, records, databases, programs; and calls of an API, which anything can be.

use super::class::{self, OTHER};
use super::iam::values;
use super::parts;
use super::{Record, Release};
use crate::json::Object;
use crate::kind::Kind;
use crate::meaning::{Act, Area, Meaning};
use crate::view::{Party, View};

/// A regular file; `folder` has a number of its own.
const REGULAR_FILE: u32 = 1;
const FOLDER: u32 = 2;

/// The event in one of these classes, if it has what the class demands.
pub(super) fn record(view: &View<'_>, meaning: Meaning, release: Release) -> Option<Record> {
    match meaning.area {
        Area::File => file(view, meaning.act),
        Area::Web => web(view, meaning.act),
        Area::Data => data(view, meaning.act),
        Area::App => application(view, meaning.act, release),
        _ => None,
    }
}

/// As a call of an API: what every event can be.
pub(super) fn api(view: &View<'_>, act: Act) -> Record {
    let mut api = Object::default();
    api.set("operation", view.action);
    let mut own = Object::default();
    own.object("api", api);
    own.list("resources", values(view.targets.iter().map(parts::resource)));
    let (activity, caption) = class::API.activity(act).map_or_else(
        || (OTHER, verb(view.action).to_owned()),
        |(activity, caption)| (activity, caption.to_owned()),
    );
    Record { class: &class::API, activity, caption, own }
}

/// What an action says is done, in its own word.
fn verb(action: &str) -> &str {
    action.rsplit(['.', ':', '/']).find(|part| !part.is_empty()).unwrap_or(action)
}

fn file(view: &View<'_>, act: Act) -> Option<Record> {
    let known = |target: &&Party<'_>| target.label().is_some();
    let is_file = |target: &&Party<'_>| Kind::of(target.kind) == Kind::File && target.label().is_some();
    let target = view.targets.iter().find(is_file).or_else(|| view.targets.iter().find(known))?;
    let mut file = parts::named(target);
    let folder = target.kind.eq_ignore_ascii_case("folder");
    file.set("type_id", if folder { FOLDER } else { REGULAR_FILE });
    file.set("type", if folder { "Folder" } else { "Regular File" });
    let mut own = Object::default();
    own.object("file", file);
    Record::of(&class::FILE, act, own)
}

fn web(view: &View<'_>, act: Act) -> Option<Record> {
    let resources = values(view.targets.iter().map(parts::resource));
    if resources.is_empty() {
        return None;
    }
    let mut own = Object::default();
    own.list("web_resources", resources);
    Record::of(&class::WEB, act, own)
}

fn data(view: &View<'_>, act: Act) -> Option<Record> {
    let target = view.targets.iter().find(|target| target.label().is_some())?;
    let mut own = Object::default();
    if target.kind.eq_ignore_ascii_case("database") {
        let mut database = parts::named(target);
        // Which kind of database it is, the event does not say.
        database.set("type_id", 0).set("type", "Unknown");
        own.object("database", database);
    } else {
        own.object("table", parts::named(target));
    }
    Record::of(&class::DATASTORE, act, own)
}

fn application(view: &View<'_>, act: Act, release: Release) -> Option<Record> {
    let target = view.targets.iter().chain(view.actor.as_ref()).find(|party| party.label().is_some())?;
    let mut own = Object::default();
    match release {
        Release::V18 => own.object("app", parts::named(target)),
        Release::V19 => own.object("application", parts::named(target)),
    };
    Record::of(&class::APPLICATION, act, own)
}
