//! Every set of scopes against every operation, and the table as people read it.

use super::*;
use crate::role::{self, BUILT_IN_ROLES, Grant};

fn org(id: &str) -> OrgId {
    OrgId::new(id).unwrap()
}

fn caller(scopes: impl IntoIterator<Item = Scope>, bound: Option<&str>) -> Caller {
    let rights = Rights::Key { org: bound.map(org), scopes: scopes.into_iter().collect() };
    Caller { rights, ..Caller::root() }
}

/// All 2^n sets of scopes.
fn scope_sets() -> impl Iterator<Item = Vec<Scope>> {
    (0..1_u32 << Scope::ALL.len()).map(|bits| {
        let chosen = Scope::ALL.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
        chosen.map(|(_, scope)| *scope).collect()
    })
}

#[test]
fn a_key_without_the_scope_is_refused_whatever_it_asks_for() {
    for scopes in scope_sets() {
        for operation in Operation::ALL {
            let Some(need) = operation.rule().scope() else { continue };
            if scopes.contains(&need) || scopes.contains(&Scope::Admin) {
                continue;
            }
            for bound in [None, Some("acme")] {
                for asked in [None, Some(org("acme")), Some(org("other"))] {
                    let answer = authorize(&caller(scopes.clone(), bound), *operation, asked.as_ref());
                    let expected = Denied::MissingScope { operation: operation.rule().name, need };
                    assert_eq!(answer, Err(expected), "{scopes:?} {operation:?} {bound:?} {asked:?}");
                }
            }
        }
    }
}

#[test]
fn a_bound_key_never_reaches_beyond_its_organization() {
    for scopes in scope_sets() {
        let bound = caller(scopes.clone(), Some("acme"));
        for operation in Operation::ALL {
            for asked in [None, Some(org("acme"))] {
                if let Ok(reach) = authorize(&bound, *operation, asked.as_ref()) {
                    assert_eq!(reach, Reach::Org(org("acme")), "{scopes:?} {operation:?}");
                    assert_eq!(operation.rule().bound, Bound::Own, "{operation:?}");
                }
            }
            for other in ["other", "ACME", "acme2", "acm"] {
                let answer = authorize(&bound, *operation, Some(&org(other)));
                assert!(answer.is_err(), "{scopes:?} {operation:?} {other}");
            }
        }
    }
}

#[test]
fn an_instance_key_with_the_scope_reaches_what_it_names() {
    for operation in Operation::ALL {
        if matches!(operation.rule().bound, Bound::Person | Bound::Viewer) {
            continue;
        }
        let holder = caller(operation.rule().scope(), None);
        assert_eq!(authorize(&holder, *operation, None), Ok(Reach::All));
        assert_eq!(authorize(&holder, *operation, Some(&org("x"))), Ok(Reach::Org(org("x"))));
        assert_eq!(authorize(&Caller::root(), *operation, None), Ok(Reach::All));
    }
}

#[test]
fn reach_covers_its_organization_only() {
    let (acme, other) = (org("acme"), org("other"));
    assert!(Reach::All.covers(None) && Reach::All.covers(Some(&acme)));
    let only = Reach::Org(acme.clone());
    assert!(only.covers(Some(&acme)) && !only.covers(Some(&other)) && !only.covers(None));
}

#[test]
fn refusals_have_stable_codes() {
    let reader = caller([Scope::EventsRead], Some("acme"));
    let denied = authorize(&reader, Operation::WriteEvents, None).unwrap_err();
    assert_eq!((denied.code(), denied.need()), ("missing_scope", Some(Scope::EventsWrite)));
    let denied = authorize(&reader, Operation::ReadEvents, Some(&org("other"))).unwrap_err();
    assert_eq!((denied.code(), denied.need()), ("wrong_org", None));
    let admin = caller([Scope::Admin], Some("acme"));
    let denied = authorize(&admin, Operation::GetMetrics, Some(&org("other"))).unwrap_err();
    assert_eq!((denied.code(), denied.need()), ("instance_key_required", None));
}

/// Compared as text so that a changed permission shows as a changed line in review.
#[test]
fn the_matrix_is_the_one_people_reviewed() {
    let matrix = matrix();
    let reviewed = include_str!("../../testdata/matrix.txt");
    assert!(
        matrix == reviewed,
        "testdata/matrix.txt differs; if the change is meant, it should be:\n{matrix}"
    );
}

const HEADING: &str = "\
# Which key may do what. A row is an operation, a column a key with that one scope.
#
#   all  on every organization, and on what belongs to none
#   own  on its own organization
#   .    refused
#
# First the keys that are not bound to an organization (root is the instance owner's key), then the bound ones.
";

fn matrix() -> String {
    let mut out = HEADING.to_owned();
    for (title, bound) in [("not bound", None), ("bound", Some("acme"))] {
        let mut columns: Vec<(String, Caller)> = Vec::new();
        if bound.is_none() {
            columns.push(("root".to_owned(), Caller::root()));
        }
        columns.push(("no scope".to_owned(), caller([], bound)));
        columns.extend(Scope::ALL.iter().map(|scope| (scope.to_string(), caller([*scope], bound))));
        out.push_str(&line(title, columns.iter().map(|(title, _)| title.as_str())));
        for operation in Operation::ALL {
            let cells = columns.iter().map(|(_, caller)| cell(caller, *operation));
            out.push_str(&line(operation.rule().name, cells));
        }
        out.push('\n');
    }
    out
}

fn line<'a>(title: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(|cell| format!(" {cell:>12}")).collect();
    format!("\n{title:23}{}", cells.concat())
}

fn cell(caller: &Caller, operation: Operation) -> &'static str {
    let may = |asked: Option<&str>| authorize(caller, operation, asked.map(org).as_ref());
    match (may(None), may(Some("acme")), may(Some("other"))) {
        (Ok(Reach::All), Ok(_), Ok(_)) => "all",
        (Ok(Reach::Org(_)), Ok(_), Err(_)) => "own",
        (Err(_), Err(_), Err(_)) => ".",
        _ => "?",
    }
}

/// As above: the roles, as people read them.
#[test]
fn the_roles_are_those_that_people_reviewed() {
    let roles = roles();
    let reviewed = include_str!("../../testdata/roles.txt");
    assert!(roles == reviewed, "testdata/roles.txt differs; if the change is meant, it should be:\n{roles}");
}

const ROLES_HEADING: &str = "\
# Which person may do what. A row is an operation, a column a role.
#
#   all  in every organization, and what belongs to none
#   own  in the organizations where they have the role
#   ops  in the organization that holds the instance's own events
#   me   on their own account
#   .    refused
#
# operator: runs the installation and is in no organization. Custom roles: any of the permissions of the last column.
";

/// A person who is in `acme` by the role, or an operator.
pub(crate) fn person(role: &str) -> Caller {
    let is_operator = role == "operator";
    let grant = match role::built_in(role) {
        Some(role) => Grant::built_in(org("acme"), role),
        None => Grant {
            org: org("instance"),
            role: role.to_owned(),
            role_name: role.to_owned(),
            permissions: role::OPERATOR_OF_INSTANCE,
            filter: None,
        },
    };
    let person = Person {
        sso_org: None,
        email: "a@b".into(),
        time_zone: "UTC".into(),
        is_operator,
        session: "ses_0123456789abcdefghjk".parse().unwrap(),
        grants: vec![grant],
    };
    let id = CallerId::User("usr_0123456789abcdefghjk".parse().unwrap());
    Caller { id, name: "Somebody".into(), rights: Rights::Person(person), expires_ms: None }
}

fn roles() -> String {
    let names: Vec<&str> = BUILT_IN_ROLES.iter().map(|role| role.name).chain(["operator"]).collect();
    let mut out = ROLES_HEADING.to_owned();
    out.push_str(&line("", names.iter().copied().chain(["permission"])));
    for operation in Operation::ALL {
        let rule = operation.rule();
        let mut cells: Vec<String> = names.iter().map(|name| role_cell(&person(name), *operation)).collect();
        cells.push(rule.permission.map_or_else(|| "-".to_owned(), |permission| permission.to_string()));
        out.push_str(&line(rule.name, cells.iter().map(String::as_str)));
    }
    out.push('\n');
    out
}

fn role_cell(caller: &Caller, operation: Operation) -> String {
    if operation.rule().bound == Bound::Person {
        assert_eq!(authorize(caller, operation, None), Ok(Reach::Orgs(Vec::new())));
        return "me".to_owned();
    }
    let may = |asked: Option<&str>| authorize(caller, operation, asked.map(org).as_ref());
    let cell = match (may(None), may(Some("acme")), may(Some("other")), may(Some("instance"))) {
        (Ok(Reach::All), Ok(_), Ok(_), Ok(_)) => "all",
        (Ok(Reach::Org(own)), Ok(_), Err(_), Err(_)) if own == org("acme") => "own",
        (Ok(Reach::Org(own)), Err(_), Err(_), Ok(_)) if own == org("instance") => "ops",
        (Err(_), Err(_), Err(_), Err(_)) => ".",
        _ => "?",
    };
    cell.to_owned()
}

const VIEWERS_HEADING: &str = "\
# Who looks through a viewer token may do what. A row is an operation, a column a token with that one feature.
#
#   own  on the organization of the token, within its filter
#   .    refused
";

/// A viewer of `acme` with these features.
fn viewer(features: impl IntoIterator<Item = Feature>) -> Caller {
    let viewer = Viewer {
        org: org("acme"),
        actor: "u_7".into(),
        filter: Some("target:service/*".into()),
        features: features.into_iter().collect(),
        origins: vec!["https://app.example.com".into()],
        record_views: true,
    };
    let id = CallerId::Viewer("vt_0123456789abcdefghjk".parse().unwrap());
    Caller { id, name: "Ana".into(), rights: Rights::Viewer(viewer), expires_ms: Some(1) }
}

/// As above: the features of viewer tokens, as people read them.
#[test]
fn the_features_of_viewers_are_those_that_people_reviewed() {
    let mut viewers = VIEWERS_HEADING.to_owned();
    let names = Feature::ALL.iter().map(|feature| feature.as_str());
    viewers.push_str(&line("", std::iter::once("no feature").chain(names)));
    for operation in Operation::ALL {
        let callers = std::iter::once(viewer([])).chain(Feature::ALL.iter().map(|one| viewer([*one])));
        let cells: Vec<_> = callers.map(|caller| cell(&caller, *operation)).collect();
        viewers.push_str(&line(operation.rule().name, cells.into_iter()));
    }
    viewers.push('\n');
    let reviewed = include_str!("../../testdata/viewers.txt");
    assert!(
        viewers == reviewed,
        "testdata/viewers.txt differs; if the change is meant, it should be:\n{viewers}"
    );
}

#[test]
fn a_viewer_reads_a_part_of_one_organization_whatever_the_features() {
    for bits in 0..1_u32 << Feature::ALL.len() {
        let features = Feature::ALL.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
        let caller = viewer(features.map(|(_, feature)| *feature));
        for operation in Operation::ALL {
            for asked in [None, Some(org("acme"))] {
                if let Ok(reach) = authorize(&caller, *operation, asked.as_ref()) {
                    assert_eq!(reach, Reach::Org(org("acme")), "{bits:b} {operation:?}");
                    let reads =
                        [Permission::AuditLogsRead, Permission::AuditLogsExport, Permission::IntegrityRead];
                    let need = operation.rule().permission;
                    assert!(need.is_none_or(|need| reads.contains(&need)), "{operation:?} needs {need:?}");
                }
            }
            for other in ["other", "ACME", "acme2", "acm"] {
                assert!(
                    authorize(&caller, *operation, Some(&org(other))).is_err(),
                    "{bits:b} {operation:?} {other}"
                );
            }
        }
        for permission in Permission::ALL {
            assert!(!caller.holds(*permission, Some(&org("acme"))), "nothing to pass on");
        }
        assert_eq!(caller.filter(&org("acme")), Some("target:service/*"));
    }
}
