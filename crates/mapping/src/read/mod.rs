//! Reads a mapping file: TOML to rules, every key checked.

mod table;
mod value;

use toml::de::DeTable;

use crate::error::MappingError;
use crate::mapping::{Kind, Mapping, Rules};
use crate::rule::{
    ActorRule, ChangeRule, ChangeSource, ContextRule, Detect, NamePattern, Over, Rule, SourceIdRule,
    TargetRule,
};
use table::{File, Item, Table};
use value::{Names, conditions, optional_rule, path, paths, rule, template};

const VERSION: i64 = 1;
const TOP_KEYS: &[&str] = &[
    "version",
    "name",
    "title",
    "passthrough",
    "detect",
    "unwrap",
    "source_id",
    "alias",
    "action",
    "occurred_at",
    "outcome",
    "reason",
    "actor",
    "context",
    "targets",
    "changes",
];

/// Reads a whole file.
pub(crate) fn mapping(text: &str) -> Result<Mapping, MappingError> {
    let file = File { text };
    let parsed = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        file.error(&span, "file", error.message().to_owned())
    })?;
    let top = Table { file: &file, key: String::new(), span: 0..0, map: parsed.get_ref() };
    top.only(TOP_KEYS)?;
    let version = top.require("version")?;
    if version.integer()? != VERSION {
        return Err(version.error(format!("only version {VERSION} of the mapping format is known")));
    }
    let name = top.require("name")?;
    if !is_name(name.text()?) {
        return Err(name.error("a name is 1 to 64 small letters, digits, `-` and `_`"));
    }
    let title = top.get("title").map_or_else(|| name.text(), |item| item.text())?;
    let (names, aliases) = aliases(&top)?;
    let passthrough = top.get("passthrough").map_or(Ok(false), |item| item.truth())?;
    let kind = if passthrough {
        top.only(&["version", "name", "title", "passthrough", "detect", "unwrap"])?;
        Kind::Passthrough
    } else {
        Kind::Rules(Box::new(rules(&top, &names, aliases)?))
    };
    Ok(Mapping {
        name: name.text()?.to_owned(),
        title: title.to_owned(),
        detect: detect(&top)?,
        unwrap: top.get("unwrap").map_or(Ok(Vec::new()), |item| paths(&item, &Names::default()))?,
        kind,
    })
}

fn is_name(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(good)
}

fn aliases(top: &Table<'_>) -> Result<(Names, Vec<Rule>), MappingError> {
    let mut names = Names::default();
    let mut rules = Vec::new();
    if let Some(item) = top.get("alias") {
        for (name, item) in item.table()?.members() {
            // An alias may use the ones before it.
            rules.push(paths(&item, &names).map(rule_of_paths)?);
            names.aliases.push(name.to_owned());
        }
    }
    Ok((names, rules))
}

fn rule_of_paths(paths: Vec<crate::path::Path>) -> Rule {
    let source = crate::rule::Source::Paths(paths);
    let alternative = crate::rule::Alternative { when: Vec::new(), source, steps: Vec::new(), keep: false };
    Rule { alternatives: vec![alternative] }
}

fn rules(top: &Table<'_>, names: &Names, aliases: Vec<Rule>) -> Result<Rules, MappingError> {
    let tables = |name: &str| top.get(name).map_or(Ok(Vec::new()), |item| item.array());
    let targets = tables("targets")?.into_iter().map(|item| target(&item.table()?, names));
    let changes = tables("changes")?.into_iter().map(|item| change(&item.table()?, names));
    let actor_item = top.get("actor");
    let on_behalf_of = match &actor_item {
        Some(item) => match item.table()?.get("on_behalf_of") {
            Some(list) => {
                list.one_or_many()?.iter().map(|item| person(&item.table()?, names, false)).collect()
            }
            None => Ok(Vec::new()),
        },
        None => Ok(Vec::new()),
    }?;
    Ok(Rules {
        aliases,
        source_id: source_id(top, names)?,
        action: rule(&top.require("action")?, names)?,
        occurred_at: optional_rule(top, "occurred_at", names)?,
        outcome: optional_rule(top, "outcome", names)?,
        reason: optional_rule(top, "reason", names)?,
        actor: actor_item.map_or(Ok(ActorRule::default()), |item| person(&item.table()?, names, true))?,
        on_behalf_of,
        context: top
            .get("context")
            .map_or(Ok(ContextRule::default()), |item| context(&item.table()?, names))?,
        targets: targets.collect::<Result<_, MappingError>>()?,
        changes: changes.collect::<Result<_, MappingError>>()?,
    })
}

/// What makes a record one of the product. Aliases are not known here: a record that is not one of the
/// product need not have any of them.
fn detect(top: &Table<'_>) -> Result<Detect, MappingError> {
    let names = Names::default();
    let table = top.require("detect")?.table()?;
    table.only(&["all", "any", "when"])?;
    let list = |name| table.get(name).map_or(Ok(Vec::new()), |item| paths(&item, &names));
    Ok(Detect { all: list("all")?, any: list("any")?, when: conditions(&table, &names)? })
}

fn source_id(top: &Table<'_>, names: &Names) -> Result<SourceIdRule, MappingError> {
    let Some(item) = top.get("source_id") else { return Ok(SourceIdRule::default()) };
    let table = item.table()?;
    table.only(&["from", "unique"])?;
    let unique = table.get("unique").map_or(Ok(false), |item| item.truth())?;
    Ok(SourceIdRule { from: rule(&table.require("from")?, names)?, unique })
}

fn person(table: &Table<'_>, names: &Names, acting: bool) -> Result<ActorRule, MappingError> {
    let extra = if acting { "on_behalf_of" } else { "when" };
    table.only(&["type", "id", "name", "email", "metadata", extra])?;
    Ok(ActorRule {
        when: if acting { Vec::new() } else { conditions(table, names)? },
        kind: optional_rule(table, "type", names)?,
        id: rule(&table.require("id")?, names)?,
        name: optional_rule(table, "name", names)?,
        email: optional_rule(table, "email", names)?,
        metadata: metadata(table, names)?,
    })
}

fn metadata(table: &Table<'_>, names: &Names) -> Result<Vec<(String, Rule)>, MappingError> {
    let Some(item) = table.get("metadata") else { return Ok(Vec::new()) };
    let members = item.table()?.members();
    members.into_iter().map(|(name, item)| Ok((name.to_owned(), rule(&item, names)?))).collect()
}

fn context(table: &Table<'_>, names: &Names) -> Result<ContextRule, MappingError> {
    table.only(&["ip", "user_agent", "origin", "request_id", "session_id", "trace_id", "country"])?;
    Ok(ContextRule {
        ip: optional_rule(table, "ip", names)?,
        user_agent: optional_rule(table, "user_agent", names)?,
        origin: optional_rule(table, "origin", names)?,
        request_id: optional_rule(table, "request_id", names)?,
        session_id: optional_rule(table, "session_id", names)?,
        trace_id: optional_rule(table, "trace_id", names)?,
        country: optional_rule(table, "country", names)?,
    })
}

fn target(table: &Table<'_>, names: &Names) -> Result<TargetRule, MappingError> {
    table.only(&["when", "each", "members", "type", "id", "name", "metadata"])?;
    let over = match (table.get("each"), table.get("members")) {
        (None, None) => Over::Record,
        (Some(item), None) => Over::Each(path(&item, names)?),
        (None, Some(item)) => {
            if table.get("type").is_some() {
                return Err(table.error("`members` gives the types already, `type` does not go with it"));
            }
            let member = |pair: Item<'_>| {
                let items = pair.array()?;
                let [from, kind] = items.as_slice() else {
                    return Err(pair.error("expected [path, type]"));
                };
                Ok((path(from, names)?, kind.text()?.to_owned()))
            };
            Over::Members(item.array()?.into_iter().map(member).collect::<Result<_, MappingError>>()?)
        }
        _ => return Err(table.error("only one of `each` and `members` can be given")),
    };
    let is_members = matches!(over, Over::Members(_));
    let id = match table.get("id") {
        Some(item) => rule(&item, names)?,
        None if is_members => rule_of_paths(vec![crate::path::Path::current()]),
        None => return Err(table.error("`id` is missing")),
    };
    Ok(TargetRule {
        when: conditions(table, names)?,
        over,
        kind: if is_members { Rule::default() } else { rule(&table.require("type")?, names)? },
        id,
        name: optional_rule(table, "name", names)?,
        metadata: metadata(table, names)?,
    })
}

fn change(table: &Table<'_>, names: &Names) -> Result<ChangeRule, MappingError> {
    table.only(&["when", "each", "path", "op", "old", "new", "diff", "inside", "pairs", "set"])?;
    let when = conditions(table, names)?;
    let optional_path = |name: &str| table.get(name).map(|item| path(&item, names)).transpose();
    let source = match (optional_path("inside")?, table.get("pairs"), table.get("set")) {
        (Some(inside), Some(pairs), None) => {
            let (old, new) = name_patterns(&pairs)?;
            ChangeSource::Pairs { inside, old, new }
        }
        (Some(inside), None, Some(set)) if set.truth()? => ChangeSource::Set { inside },
        (None, None, None) => {
            let (old, new) = (optional_path("old")?, optional_path("new")?);
            if old.is_none() && new.is_none() {
                return Err(table.error("`old` or `new` is needed, or `inside` with `pairs` or `set`"));
            }
            ChangeSource::Places {
                each: optional_path("each")?,
                path: template(&table.require("path")?, None, names)?,
                op: optional_rule(table, "op", names)?,
                old,
                new,
                diff: table.get("diff").map_or(Ok(false), |item| item.truth())?,
            }
        }
        _ => return Err(table.error("`inside` goes with one of `pairs` and `set = true`")),
    };
    Ok(ChangeRule { when, source })
}

fn name_patterns(item: &Item<'_>) -> Result<(NamePattern, NamePattern), MappingError> {
    let items = item.array()?;
    let [old, new] = items.as_slice() else {
        return Err(item.error("expected [pattern of the old name, pattern of the new name]"));
    };
    let pattern = |item: &Item<'_>| match item.text()?.split_once('*') {
        Some((prefix, suffix)) if !suffix.contains('*') => {
            Ok(NamePattern { prefix: prefix.to_owned(), suffix: suffix.to_owned() })
        }
        _ => Err(item.error("a name pattern has exactly one `*`")),
    };
    Ok((pattern(old)?, pattern(new)?))
}
