//! Reads value rules, steps and conditions.

use super::table::{Item, Table, nearest};
use crate::error::MappingError;
use crate::path::Path;
use crate::rule::{Alternative, Condition, Form, Piece, Rule, Source, Test};
use crate::step::Step;

/// What reading needs to know besides the table: the names of the aliases.
#[derive(Default)]
pub(super) struct Names {
    pub(super) aliases: Vec<String>,
}

const ALTERNATIVE_KEYS: &[&str] = &["from", "template", "with", "const", "apply", "when", "default", "keep"];
const CONDITION_KEYS: &[&str] = &["path", "present", "equals", "in", "like", "between", "is", "not"];
const STEP_NAMES: &[&str] = &[
    "lower",
    "upper",
    "snake",
    "trim",
    "time",
    "strip_prefix",
    "strip_suffix",
    "prefix",
    "suffix",
    "replace",
    "split",
    "after",
    "before",
    "map",
    "glob",
    "ranges",
    "join",
];

/// The rule under `name`, or one that never gives a value.
pub(super) fn optional_rule(table: &Table<'_>, name: &str, names: &Names) -> Result<Rule, MappingError> {
    table.get(name).map_or(Ok(Rule::default()), |item| rule(&item, names))
}

/// A rule: a path, a table, or an array of those in order of preference.
pub(super) fn rule(item: &Item<'_>, names: &Names) -> Result<Rule, MappingError> {
    let mut alternatives = Vec::new();
    for item in item.one_or_many()? {
        if item.value.is_str() {
            let source = Source::Paths(vec![path(&item, names)?]);
            alternatives.push(Alternative { when: Vec::new(), source, steps: Vec::new(), keep: false });
        } else {
            alternative(&item.table()?, names, &mut alternatives)?;
        }
    }
    Ok(Rule { alternatives })
}

pub(super) fn path(item: &Item<'_>, names: &Names) -> Result<Path, MappingError> {
    Path::parse(item.text()?, &names.aliases).map_err(|problem| item.error(problem))
}

pub(super) fn paths(item: &Item<'_>, names: &Names) -> Result<Vec<Path>, MappingError> {
    item.one_or_many()?.iter().map(|item| path(item, names)).collect()
}

fn alternative(table: &Table<'_>, names: &Names, out: &mut Vec<Alternative>) -> Result<(), MappingError> {
    table.only(ALTERNATIVE_KEYS)?;
    let when = conditions(table, names)?;
    let source = match (table.get("from"), table.get("template"), table.get("const")) {
        (Some(item), None, None) => Some(Source::Paths(paths(&item, names)?)),
        (None, Some(item), None) => Some(Source::Template(template(&item, table.get("with"), names)?)),
        (None, None, Some(item)) => Some(Source::Const(item.text()?.to_owned())),
        (None, None, None) => None,
        _ => return Err(table.error("only one of `from`, `template` and `const` can be given")),
    };
    let default = table.get("default");
    let Some(source) = source else {
        return Err(table.error("one of `from`, `template` and `const` is needed"));
    };
    if table.get("with").is_some() && !matches!(source, Source::Template(_)) {
        return Err(table.error("`with` goes with `template`"));
    }
    let steps = table.get("apply").map_or(Ok(Vec::new()), |item| steps(&item))?;
    let keep = table.get("keep").map_or(Ok(false), |item| item.truth())?;
    out.push(Alternative { when: when.clone(), source, steps, keep });
    if let Some(item) = default {
        let source = Source::Const(item.text()?.to_owned());
        out.push(Alternative { when, source, steps: Vec::new(), keep });
    }
    Ok(())
}

/// `when` of a table: one condition or an array of which all must hold.
pub(super) fn conditions(table: &Table<'_>, names: &Names) -> Result<Vec<Condition>, MappingError> {
    let Some(item) = table.get("when") else { return Ok(Vec::new()) };
    item.one_or_many()?.iter().map(|item| condition(&item.table()?, names)).collect()
}

fn condition(table: &Table<'_>, names: &Names) -> Result<Condition, MappingError> {
    table.only(CONDITION_KEYS)?;
    let path = path(&table.require("path")?, names)?;
    let mut negate = table.get("not").map_or(Ok(false), |item| item.truth())?;
    let mut tests = Vec::new();
    if let Some(item) = table.get("present") {
        negate ^= !item.truth()?;
        tests.push(Test::Present);
    }
    for key in ["equals", "in"] {
        if let Some(item) = table.get(key) {
            tests.push(Test::In(item.texts()?));
        }
    }
    if let Some(item) = table.get("like") {
        tests.push(Test::Like(item.texts()?));
    }
    if let Some(item) = table.get("between") {
        let [from, to] = fixed(&item)?;
        tests.push(Test::Between(from.number()?, to.number()?));
    }
    if let Some(item) = table.get("is") {
        tests.push(Test::Is(form(&item)?));
    }
    let mut tests = tests.into_iter();
    match (tests.next(), tests.next()) {
        (Some(test), None) => Ok(Condition { path, test, negate }),
        _ => Err(table.error("one of `present`, `equals`, `in`, `like`, `between` and `is` is needed")),
    }
}

fn form(item: &Item<'_>) -> Result<Form, MappingError> {
    Ok(match item.text()? {
        "ip" => Form::Ip,
        "email" => Form::Email,
        "text" => Form::Text,
        "number" => Form::Number,
        "object" => Form::Object,
        "array" => Form::Array,
        other => {
            return Err(item.error(format!("`{other}` is not one of ip, email, text, number, object, array")));
        }
    })
}

/// A template: text with `{path}` or `{name}` where `with` defines the name. `{{` and `}}` are braces.
pub(super) fn template(
    item: &Item<'_>,
    with: Option<Item<'_>>,
    names: &Names,
) -> Result<Vec<Piece>, MappingError> {
    let mut values = Vec::new();
    if let Some(with) = with {
        for (name, item) in with.table()?.members() {
            values.push((name, rule(&item, names)?));
        }
    }
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = item.text()?;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let (name, after) = after
            .split_once('}')
            .filter(|_| brace == "{")
            .ok_or_else(|| item.error("a brace without its partner; write `{{` or `}}` for the character"))?;
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        let value = match values.iter().find(|(known, _)| *known == name) {
            Some((_, rule)) => rule.clone(),
            None => placeholder(item, name, names)?,
        };
        pieces.push(Piece::Value(value));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn placeholder(item: &Item<'_>, name: &str, names: &Names) -> Result<Rule, MappingError> {
    let path = Path::parse(name, &names.aliases).map_err(|problem| item.error(problem))?;
    let source = Source::Paths(vec![path]);
    Ok(Rule { alternatives: vec![Alternative { when: Vec::new(), source, steps: Vec::new(), keep: false }] })
}

fn steps(item: &Item<'_>) -> Result<Vec<Step>, MappingError> {
    let mut steps = Vec::new();
    for item in item.one_or_many()? {
        let step = if item.value.is_str() { plain_step(&item)? } else { step_with_argument(&item)? };
        if matches!(step, Step::Join(_)) && !steps.is_empty() {
            return Err(item.error("`join` can only be the first step"));
        }
        steps.push(step);
    }
    Ok(steps)
}

fn plain_step(item: &Item<'_>) -> Result<Step, MappingError> {
    Ok(match item.text()? {
        "lower" => Step::Lower,
        "upper" => Step::Upper,
        "snake" => Step::Snake,
        "trim" => Step::Trim,
        "time" => Step::Time,
        other => return Err(unknown_step(item, other)),
    })
}

fn step_with_argument(item: &Item<'_>) -> Result<Step, MappingError> {
    let table = item.table()?;
    let mut members = table.members().into_iter();
    let (Some((name, argument)), None) = (members.next(), members.next()) else {
        return Err(item.error("a step is a name or a table with one name, such as { prefix = \"x\" }"));
    };
    let text = || argument.text().map(str::to_owned);
    Ok(match name {
        "strip_prefix" => Step::StripPrefix(text()?),
        "strip_suffix" => Step::StripSuffix(text()?),
        "prefix" => Step::Prefix(text()?),
        "suffix" => Step::Suffix(text()?),
        "after" => Step::After(text()?),
        "before" => Step::Before(text()?),
        "join" => Step::Join(text()?),
        "replace" => {
            let [from, to] = fixed(&argument)?;
            Step::Replace(from.text()?.to_owned(), to.text()?.to_owned())
        }
        "split" => {
            let [separator, number] = fixed(&argument)?;
            Step::Split(separator.text()?.to_owned(), number.integer()?)
        }
        "map" => {
            let members = argument.table()?.members();
            let entries = members.into_iter().map(|(from, to)| Ok((from.to_owned(), to.text()?.to_owned())));
            Step::Map(entries.collect::<Result<_, MappingError>>()?)
        }
        "glob" => Step::Glob(pairs(&argument)?),
        "ranges" => Step::Ranges(ranges(&argument)?),
        other => return Err(unknown_step(item, other)),
    })
}

/// An array of `[text, text]`.
pub(super) fn pairs(item: &Item<'_>) -> Result<Vec<(String, String)>, MappingError> {
    let pair = |item: Item<'_>| {
        let [from, to] = fixed(&item)?;
        Ok((from.text()?.to_owned(), to.text()?.to_owned()))
    };
    item.array()?.into_iter().map(pair).collect()
}

fn ranges(item: &Item<'_>) -> Result<Vec<(f64, f64, String)>, MappingError> {
    let range = |item: Item<'_>| {
        let [from, to, value] = fixed(&item)?;
        Ok((from.number()?, to.number()?, value.text()?.to_owned()))
    };
    item.array()?.into_iter().map(range).collect()
}

fn fixed<'t, const N: usize>(item: &Item<'t>) -> Result<[Item<'t>; N], MappingError> {
    let items = item.array()?;
    let found = items.len();
    items.try_into().map_err(|_| item.error(format!("expected an array of {N} values, found {found}")))
}

fn unknown_step(item: &Item<'_>, name: &str) -> MappingError {
    let mut error = item.error(format!("there is no step `{name}`"));
    error.help = Some(match nearest(name, STEP_NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("steps: {}", STEP_NAMES.join(", ")),
    });
    error
}
