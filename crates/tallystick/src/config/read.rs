//! Reading the file and the environment: all mistakes at once, each with its place and the nearest known name.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Config, environment,
    settings::{SECTIONS, SETTINGS, Setting, nearest},
    value::Given,
};

/// The version of the file's format that this build reads.
const VERSION: i64 = 1;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    Line(usize),
    Variable(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// The effective configuration and where each of its values comes from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    origins: Vec<Origin>,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigProblems {
    file: Option<PathBuf>,
    problems: Vec<String>,
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "the configuration {} cannot be used", file.display())?,
            None => f.write_str("the configuration cannot be used")?,
        }
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigProblems {}

/// A value from a flag: section, key, the flag's name, the value.
pub(crate) type FlagValue = (&'static str, &'static str, &'static str, Option<String>);

/// Reads the file, if one is named, then the environment, then flags, and checks the whole.
pub(crate) fn load(file: Option<&Path>, flags: &[FlagValue]) -> Result<Loaded, ConfigProblems> {
    let text = match file.map(|file| (file, std::fs::read_to_string(file))) {
        None => String::new(),
        Some((_, Ok(text))) => text,
        Some((file, Err(error))) => {
            let problem = format!("it cannot be read: {error}");
            return Err(ConfigProblems { file: Some(file.to_owned()), problems: vec![problem] });
        }
    };
    let is_given = file.is_some();
    assemble(is_given.then_some(text.as_str()), &environment::overrides(), flags)
        .map_err(|problems| ConfigProblems { file: file.map(Path::to_owned), problems })
}

/// [`load`] on texts.
pub(super) fn assemble(
    text: Option<&str>,
    variables: &[(String, String)],
    flags: &[FlagValue],
) -> Result<Loaded, Vec<String>> {
    let mut reader = Reader {
        text: text.unwrap_or_default(),
        config: Config::default(),
        origins: vec![Origin::Default; SETTINGS.len()],
        problems: Vec::new(),
    };
    if text.is_some() {
        reader.file();
    }
    for (name, value) in variables {
        reader.variable(name, value);
    }
    for (section, key, flag, value) in flags {
        if let Some(value) = value {
            let at = position(section, key).expect("flags name settings");
            reader.set(at, &Given::Plain(value.clone()), Origin::Flag(flag));
        }
    }
    // Where a value could not even be read, what it would mean together with others is unknown.
    if reader.problems.is_empty() {
        for (section, key, message) in reader.config.mistakes() {
            let origin = position(section, key).map_or(&Origin::Default, |at| &reader.origins[at]);
            reader.problems.push(format!("{origin}: {section}.{key}: {message}"));
        }
    }
    if reader.problems.is_empty() {
        Ok(Loaded { config: reader.config, origins: reader.origins })
    } else {
        Err(reader.problems)
    }
}

impl Loaded {
    /// Each setting with where its value comes from.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static Setting, &Origin)> {
        SETTINGS.iter().zip(&self.origins)
    }
}

fn position(section: &str, key: &str) -> Option<usize> {
    SETTINGS.iter().position(|setting| setting.section == section && setting.key == key)
}

struct Reader<'t> {
    text: &'t str,
    config: Config,
    origins: Vec<Origin>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset.min(self.text.len())].split(|byte| *byte == b'\n').count()
    }

    fn wrong(&mut self, offset: usize, message: &str) {
        let line = self.line(offset);
        self.problems.push(format!("line {line}: {message}"));
    }

    fn set(&mut self, at: usize, given: &Given, origin: Origin) {
        let setting = &SETTINGS[at];
        match (setting.set)(&mut self.config, given) {
            Ok(()) => self.origins[at] = origin,
            Err(message) => self.problems.push(format!("{origin}: {}: {message}", setting.path())),
        }
    }

    fn file(&mut self) {
        let text = self.text;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                return self.wrong(at, error.message());
            }
        };
        let mut has_version = false;
        for (key, value) in in_order(table.get_ref()) {
            if key.get_ref() == "version" {
                has_version = true;
                if given(value.get_ref()) != Given::Integer(VERSION) {
                    self.wrong(value.span().start, &format!("this build reads version = {VERSION} only"));
                }
            } else {
                self.member("", key, value);
            }
        }
        if !has_version {
            self.wrong(0, &format!("the first line must be version = {VERSION}"));
        }
    }

    fn member(
        &mut self,
        section: &str,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let name = key.get_ref();
        let path = if section.is_empty() { name.to_string() } else { format!("{section}.{name}") };
        let is_section = SECTIONS.iter().any(|(known, _)| *known == path);
        match value.get_ref() {
            DeValue::Table(table) if is_section => {
                for (key, value) in in_order(table) {
                    self.member(&path, key, value);
                }
            }
            _ if is_section => self.wrong(key.span().start, &format!("{path} is a table: write [{path}]")),
            value => match position(section, name) {
                Some(at) => {
                    let line = self.line(key.span().start);
                    self.set(at, &given(value), Origin::Line(line));
                }
                None => self.unknown(section, name, key.span().start),
            },
        }
    }

    fn unknown(&mut self, section: &str, name: &str, offset: usize) {
        let message = if section.is_empty() {
            let hint = nearest(name, SECTIONS.iter().map(|(section, _)| *section));
            // A setting without its section is the most usual mistake.
            let elsewhere = SETTINGS.iter().find(|setting| setting.key == name);
            match (elsewhere, hint) {
                (Some(setting), _) => format!("{name} belongs into [{}]", setting.section),
                (None, Some(hint)) => format!("there is no section {name}; did you mean {hint}?"),
                (None, None) => {
                    let known: Vec<_> = SECTIONS.iter().map(|(section, _)| *section).collect();
                    format!("there is no section {name}; known are {}", known.join(", "))
                }
            }
        } else {
            let known =
                || SETTINGS.iter().filter(|setting| setting.section == section).map(|setting| setting.key);
            if let Some(hint) = nearest(name, known()) {
                format!("there is no {section}.{name}; did you mean {hint}?")
            } else {
                let known: Vec<_> = known().collect();
                format!("there is no {section}.{name}; known are {}", known.join(", "))
            }
        };
        self.wrong(offset, &message);
    }

    fn variable(&mut self, name: &str, value: &str) {
        if let Some(at) = SETTINGS.iter().position(|setting| setting.variable() == name) {
            return self.set(at, &Given::Plain(value.to_owned()), Origin::Variable(name.to_owned()));
        }
        let known: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
        let hint = nearest(name, known.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; did you mean {hint}?")).unwrap_or_default();
        self.problems.push(format!("environment: {name} is no setting{hint}"));
    }
}

type Member<'t, 'v> = (&'t Spanned<std::borrow::Cow<'v, str>>, &'t Spanned<DeValue<'v>>);

/// The members as they stand in the file; the parser has them by name.
fn in_order<'t, 'v>(table: &'t DeTable<'v>) -> Vec<Member<'t, 'v>> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::Boolean(value) => Given::Bool(*value),
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Given::Other("a huge number"), Given::Integer),
        DeValue::Array(elements) => {
            let texts = elements.iter().map(|element| match element.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            texts.collect::<Option<Vec<_>>>().map_or(Given::Other("a list of other things"), Given::Texts)
        }
        DeValue::Float(_) => Given::Other("a number with a fraction"),
        DeValue::Datetime(_) => Given::Other("a time"),
        DeValue::Table(_) => Given::Other("a table"),
    }
}
