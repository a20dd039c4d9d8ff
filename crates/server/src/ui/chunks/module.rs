//! What a module says of others and to others: the few forms of `import` and `export` that our modules have, each at
//! the start of a line. Their lines keep their numbers in whatever is made of them.

/// A module's text with the statements in it that link it to others.
#[derive(Debug, Default)]
pub(super) struct Module {
    lines: Vec<String>,
    statements: Vec<Statement>,
}

/// A statement and the lines it takes up.
#[derive(Debug)]
struct Statement {
    first: usize,
    last: usize,
    kind: Kind,
}

/// A name over there and the name it has here.
type Name = (String, String);

#[derive(Debug)]
enum Kind {
    /// `import { a, b as c } from "./x.js";`
    Names { names: Vec<Name>, from: String },
    /// `import * as x from "./x.js";`
    All { name: String, from: String },
    /// `export { a, b as c } from "./x.js";`
    PassOn { names: Vec<Name>, from: String },
    /// `export { a, b as c };`, names here and over there.
    List { names: Vec<Name> },
    /// `export const a = …` and the like.
    Declaration { name: String },
}

/// What has become of a module that is imported.
pub(super) enum Place {
    /// A file of its own at this address, relative to who imports it.
    File(String),
    /// A part of the file at this address, by this name.
    Member { file: String, name: String },
    /// A part of the same file, by this name.
    Here { name: String },
}

impl Module {
    pub(super) fn parse(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut statements = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let end = (at..lines.len()).find(|&line| lines[line].ends_with(';'));
            let last = end.filter(|_| is_list(&lines[at])).unwrap_or(at);
            if let Some(kind) = kind(&lines[at..=last].join(" ")) {
                statements.push(Statement { first: at, last, kind });
            }
            at = last + 1;
        }
        Self { lines, statements }
    }

    /// What it imports at its top.
    pub(super) fn imports(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().filter_map(|statement| match &statement.kind {
            Kind::Names { from, .. } | Kind::All { from, .. } | Kind::PassOn { from, .. } => {
                Some(from.as_str())
            }
            Kind::List { .. } | Kind::Declaration { .. } => None,
        })
    }

    /// The names that it takes from `from`.
    #[cfg(test)]
    pub(super) fn taken(&self, from: &str) -> Vec<&str> {
        let of = self.statements.iter().filter_map(|statement| match &statement.kind {
            Kind::Names { names, from: of } | Kind::PassOn { names, from: of } if of == from => Some(names),
            _ => None,
        });
        of.flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// Lines that link modules in a form that is not known here.
    #[cfg(test)]
    pub(super) fn unknown(&self) -> Vec<&str> {
        let is_known = |line: &usize| self.statements.iter().any(|of| (of.first..=of.last).contains(line));
        let links =
            |line: &usize| ["import ", "export "].iter().any(|word| self.lines[*line].starts_with(word));
        (0..self.lines.len())
            .filter(|line| links(line) && !is_known(line))
            .map(|line| self.lines[line].as_str())
            .collect()
    }

    /// The names that others can take from it.
    #[cfg(test)]
    pub(super) fn given(&self) -> Vec<&str> {
        let names = self.statements.iter().flat_map(|statement| match &statement.kind {
            Kind::PassOn { names, .. } | Kind::List { names } => {
                names.iter().map(|(_, name)| name.as_str()).collect()
            }
            Kind::Declaration { name } => vec![name.as_str()],
            Kind::Names { .. } | Kind::All { .. } => Vec::new(),
        });
        names.collect()
    }

    /// The module as a file of its own, where others of those it imports are parts of a file.
    pub(super) fn file(&self, place: &dyn Fn(&str) -> Place) -> String {
        let mut lines = self.lines.clone();
        for Statement { first, last, kind } in &self.statements {
            let (Kind::Names { from, .. } | Kind::All { from, .. } | Kind::PassOn { from, .. }) = kind else {
                continue;
            };
            let Place::Member { file, name } = place(from) else { continue };
            let word = if matches!(kind, Kind::PassOn { .. }) { "export const" } else { "const" };
            let taken = match kind {
                Kind::All { name: here, .. } => here.clone(),
                Kind::Names { names, .. } | Kind::PassOn { names, .. } => pattern(names),
                Kind::List { .. } | Kind::Declaration { .. } => continue,
            };
            lines[*first..=*last].fill(String::new());
            // A name of its own, for two statements can be about one module.
            let own = format!("{name}_{first}");
            lines[*first] = format!("import {{ {name} as {own} }} from \"{file}\"; {word} {taken} = {own};");
        }
        with_loads(lines, place).join("\n")
    }

    /// The module as a function that gives its exports, and what the file around it has to import.
    pub(super) fn part(&self, place: &dyn Fn(&str) -> Place) -> (Vec<String>, Vec<String>) {
        let mut lines = self.lines.clone();
        let (mut outer, mut given) = (Vec::new(), Vec::new());
        for Statement { first, last, kind } in &self.statements {
            if let Kind::Declaration { name } = kind {
                given.push(name.clone());
                lines[*first].drain(.."export ".len());
                continue;
            }
            lines[*first..=*last].fill(String::new());
            let source = |from: &str, outer: &mut Vec<String>| match place(from) {
                Place::Here { name } => name,
                Place::Member { file, name } => {
                    outer.push(format!("import {{ {name} }} from \"{file}\";"));
                    name
                }
                Place::File(file) => {
                    let name = outside(&file);
                    outer.push(format!("import * as {name} from \"{file}\";"));
                    name
                }
            };
            match kind {
                Kind::Names { names, from } => {
                    lines[*first] = format!("const {} = {};", pattern(names), source(from, &mut outer));
                }
                Kind::All { name, from } => {
                    lines[*first] = format!("const {name} = {};", source(from, &mut outer));
                }
                Kind::PassOn { names, from } => {
                    let source = source(from, &mut outer);
                    given.extend(names.iter().map(|(there, here)| format!("{here}: {source}.{there}")));
                }
                Kind::List { names } => {
                    given.extend(names.iter().map(|(here, there)| format!("{there}: {here}")));
                }
                Kind::Declaration { .. } => {}
            }
        }
        let mut lines = with_loads(lines, place);
        lines.push(format!("return {{ {} }};", given.join(", ")));
        (outer, lines)
    }
}

/// Whether a statement that may go over several lines begins here.
fn is_list(line: &str) -> bool {
    ["import {", "import *", "export {"].iter().any(|start| line.starts_with(start))
}

/// What a whole statement is, if it links modules.
fn kind(text: &str) -> Option<Kind> {
    if let Some(rest) = text.strip_prefix("import {") {
        let (names, from) = rest.split_once("} from ")?;
        return Some(Kind::Names { names: named(names), from: quoted(from)? });
    }
    if let Some(rest) = text.strip_prefix("import * as ") {
        let (name, from) = rest.split_once(" from ")?;
        return Some(Kind::All { name: name.to_owned(), from: quoted(from)? });
    }
    let rest = text.strip_prefix("export ")?;
    if let Some(rest) = rest.strip_prefix('{') {
        return Some(match rest.split_once("} from ") {
            Some((names, from)) => Kind::PassOn { names: named(names), from: quoted(from)? },
            None => Kind::List { names: named(rest.split_once('}')?.0) },
        });
    }
    let words = ["const ", "function* ", "function ", "async function* ", "async function ", "class "];
    let rest = words.iter().find_map(|word| rest.strip_prefix(word))?;
    let is_of_name = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '$';
    let name = rest.split(|one| !is_of_name(one)).next().filter(|name| !name.is_empty())?;
    Some(Kind::Declaration { name: name.to_owned() })
}

fn named(list: &str) -> Vec<Name> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let pair = |entry: &str| match entry.split_once(" as ") {
        Some((one, other)) => (one.to_owned(), other.to_owned()),
        None => (entry.to_owned(), entry.to_owned()),
    };
    entries.map(pair).collect()
}

fn quoted(text: &str) -> Option<String> {
    Some(text.trim_end_matches(';').strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// `{ a, b: c }`: takes names out of an object.
fn pattern(names: &[Name]) -> String {
    let entry = |(there, here): &Name| {
        if there == here { there.clone() } else { format!("{there}: {here}") }
    };
    format!("{{ {} }}", names.iter().map(entry).collect::<Vec<_>>().join(", "))
}

/// The name of a whole file within a chunk.
fn outside(file: &str) -> String {
    let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
    format!("${}", file.chars().map(plain).collect::<String>())
}

/// Lines in which modules that are loaded later are named by where they are.
fn with_loads(lines: Vec<String>, place: &dyn Fn(&str) -> Place) -> Vec<String> {
    const LOAD: &str = "import(\"";
    let each = |line: String| {
        let mut out = String::with_capacity(line.len());
        let mut rest = line.as_str();
        while let Some((before, after)) = rest.split_once(LOAD) {
            let Some((from, after)) = after.split_once("\")") else { break };
            out.push_str(before);
            let load = match place(from) {
                Place::File(file) => format!("{LOAD}{file}\")"),
                Place::Member { file, name } => format!("{LOAD}{file}\").then((file) => file.{name})"),
                Place::Here { name } => format!("Promise.resolve({name})"),
            };
            out.push_str(&load);
            rest = after;
        }
        out.push_str(rest);
        out
    };
    lines.into_iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "import { a, b as c } from \"./in.js\";\nimport {\n  d,\n} from \"./out.js\";\n\
        import * as all from \"./in.js\";\nexport { e } from \"./in.js\";\n\
        export const f = () => import(\"./in.js\");\n\
        export async function g() {}\nconst h = import(\"./out.js\");\nexport { h as i };\n";

    fn place(from: &str) -> Place {
        match from {
            "./in.js" => Place::Member { file: "../chunk.js".to_owned(), name: "$1".to_owned() },
            _ => Place::File(from.to_owned()),
        }
    }

    #[test]
    fn a_file_takes_parts_out_of_chunks() {
        let file = Module::parse(TEXT).file(&place);
        assert_eq!(
            file,
            "import { $1 as $1_0 } from \"../chunk.js\"; const { a, b: c } = $1_0;\n\
             import {\n  d,\n} from \"./out.js\";\n\
             import { $1 as $1_4 } from \"../chunk.js\"; const all = $1_4;\n\
             import { $1 as $1_5 } from \"../chunk.js\"; export const { e } = $1_5;\n\
             export const f = () => import(\"../chunk.js\").then((file) => file.$1);\n\
             export async function g() {}\nconst h = import(\"./out.js\");\nexport { h as i };"
        );
    }

    #[test]
    fn a_part_gives_what_the_module_exports() {
        let module = Module::parse(TEXT);
        let (outer, lines) = module.part(&place);
        assert_eq!(lines.len(), TEXT.lines().count() + 1, "lines keep their numbers");
        assert_eq!(outer[1], "import * as $__out_js from \"./out.js\";");
        assert_eq!(lines[1], "const { d } = $__out_js;");
        assert_eq!(lines[7], "async function g() {}");
        assert_eq!(lines.last().unwrap(), "return { e: $1.e, f, g, i: h };");
        assert_eq!(module.given(), ["e", "f", "g", "i"]);
        assert_eq!(module.taken("./in.js"), ["a", "b", "e"]);
    }
}
