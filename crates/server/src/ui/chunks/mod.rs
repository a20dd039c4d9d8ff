//! Modules that are needed together are sent together. A browser asks a server of HTTP/1.1 for six files at a time,
//! so three dozen of them take six times the way there and back (docs/adr/0011). What the frame of the app and the
//! explorer are made of is one file, what each screen has beside that is another, and what is loaded later stays as it
//! is, taking what it needs from those: no module is ever there twice.
//!
//! Each module is a function in its chunk, called once, in the order in which they need each other, as a browser
//! would. Nothing is renamed or shortened, and a source map leads to the modules as they are in the repository.

mod module;
mod source_map;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::module::{Module, Place};
use super::assets::resolve;

/// Below the prefix of all files: modules as they link to chunks. They name each other as those in `app/` do.
pub(super) const LINKED: &str = "linked/";
/// What starts the app.
const ENTRY: &str = "app/app.js";
/// Where its screens are, a folder for each with this file in it.
const SCREENS: &str = "app/screens/";
const INDEX: &str = "/index.js";
/// What it shares with others comes with the frame.
const EXPLORER: &str = "app/screens/events/index.js";
/// The chunk that the entry is in.
const FRAME: &str = "frame";
/// Minified by whoever published it, and the same for many versions.
const VENDOR: &str = "app/vendor/";

/// The text of each module by its path.
pub(super) type Texts = BTreeMap<String, String>;

/// Which modules are in which chunk.
#[derive(Debug)]
struct Plan {
    modules: HashMap<String, Module>,
    /// By name; modules come after those that they import.
    chunks: BTreeMap<String, Vec<String>>,
    /// The chunk of a module, and the module's name in it.
    members: HashMap<String, (String, String)>,
}

/// All files below [`LINKED`]: chunks, their source maps, and the modules that are not in one.
pub(super) fn link(texts: &Texts) -> BTreeMap<String, String> {
    let plan = Plan::new(texts);
    let mut files = BTreeMap::new();
    for (name, members) in &plan.chunks {
        let (text, map) = plan.chunk(name, members);
        let path = format!("{LINKED}{}", chunk_path(name));
        files.insert(format!("{path}.map"), map);
        files.insert(path, text);
    }
    for (path, module) in &plan.modules {
        if !plan.members.contains_key(path) && !path.starts_with(VENDOR) {
            files.insert(format!("{LINKED}{path}"), module.file(&|from| plan.place(path, path, None, from)));
        }
    }
    for (path, text) in texts.iter().filter(|(path, _)| path.starts_with(VENDOR)) {
        files.insert(format!("{LINKED}{path}"), text.clone());
    }
    files
}

/// The file that a page loads for a module with a chunk of its own.
pub(super) fn entry(module: &str) -> String {
    let chunk = screen_of(module).unwrap_or(FRAME);
    format!("{LINKED}{}", chunk_path(chunk))
}

fn chunk_path(name: &str) -> String {
    format!("app/chunks/{name}.js")
}

/// The name of the screen that a module shows.
fn screen_of(module: &str) -> Option<&str> {
    module.strip_prefix(SCREENS)?.strip_suffix(INDEX).filter(|name| !name.contains('/'))
}

impl Plan {
    fn new(texts: &Texts) -> Self {
        let modules = texts.iter().map(|(path, text)| (path.clone(), Module::parse(text))).collect();
        let mut plan = Self { modules, chunks: BTreeMap::new(), members: HashMap::new() };
        let mut screens: Vec<(String, Vec<String>)> = Vec::new();
        for path in texts.keys() {
            if let Some(name) = screen_of(path) {
                screens.push((name.to_owned(), plan.closure(path)));
            }
        }
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for path in screens.iter().flat_map(|(_, closure)| closure) {
            *uses.entry(path).or_default() += 1;
        }
        let explorer = plan.closure(EXPLORER);
        let shared =
            explorer.into_iter().filter(|path| uses.get(path.as_str()).is_some_and(|&uses| uses > 1));
        let mut frame: Vec<String> = shared.collect();
        for path in plan.closure(ENTRY) {
            if !frame.contains(&path) {
                frame.push(path);
            }
        }
        let is_own = |path: &String| uses[path.as_str()] == 1 && !frame.contains(path);
        let own = |closure: &Vec<String>| closure.iter().filter(|path| is_own(path)).cloned().collect();
        let chunks: Vec<_> = screens.iter().map(|(name, closure)| (name.clone(), own(closure))).collect();
        plan.chunks.extend(chunks);
        plan.chunks.insert(FRAME.to_owned(), frame);
        for (chunk, members) in &plan.chunks {
            for path in members {
                let name = format!("${}", plan.members.len());
                plan.members.insert(path.clone(), (chunk.clone(), name));
            }
        }
        plan
    }

    /// A module and all that it imports, those first; without what is sent as it is.
    fn closure(&self, entry: &str) -> Vec<String> {
        fn visit(plan: &Plan, path: &str, seen: &mut BTreeSet<String>, found: &mut Vec<String>) {
            let Some(module) = plan.modules.get(path) else { return };
            if path.starts_with(VENDOR) || !seen.insert(path.to_owned()) {
                return;
            }
            for import in module.imports().filter_map(|from| resolve(path, from)) {
                visit(plan, &import, seen, found);
            }
            found.push(path.to_owned());
        }
        let mut found = Vec::new();
        visit(self, entry, &mut BTreeSet::new(), &mut found);
        found
    }

    /// Where the module is that `path` names `from`, for text in `file`, which is a part of `chunk` or of none.
    fn place(&self, path: &str, file: &str, chunk: Option<&str>, from: &str) -> Place {
        let Some(target) = resolve(path, from) else { return Place::File(from.to_owned()) };
        match self.members.get(&target) {
            Some((of, name)) if Some(of.as_str()) == chunk => Place::Here { name: name.clone() },
            Some((of, name)) => Place::Member { file: relative(file, &chunk_path(of)), name: name.clone() },
            None => Place::File(relative(file, &target)),
        }
    }

    /// The text of a chunk, and its source map.
    fn chunk(&self, chunk: &str, members: &[String]) -> (String, String) {
        let file = chunk_path(chunk);
        let place = |path: &str, from: &str| self.place(path, &file, Some(chunk), from);
        let parts: Vec<_> =
            members.iter().map(|path| (path, self.modules[path].part(&|from| place(path, from)))).collect();
        let imports: BTreeSet<&String> = parts.iter().flat_map(|(_, (outer, _))| outer).collect();
        let mut lines: Vec<String> = imports.into_iter().cloned().collect();
        let mut map = source_map::Builder::new(lines.len());
        for (path, (_, part)) in &parts {
            lines.push(format!("const {} = (() => {{", self.members[*path].1));
            // Where they lie as they are, outside of what is linked.
            map.module(&relative(&format!("{LINKED}{file}"), path), part.len());
            lines.extend(part.iter().cloned());
            lines.push("})();".to_owned());
        }
        let names: Vec<&str> = members.iter().map(|path| self.members[path].1.as_str()).collect();
        lines.push(format!("export {{ {} }};", names.join(", ")));
        lines.push(format!("//# sourceMappingURL={chunk}.js.map"));
        (lines.join("\n"), map.finish())
    }
}

/// How a module at `from` names the file at `to`.
fn relative(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.len() - 1 - common.min(from.len() - 1);
    let start = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    start + &to[common..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::assets::texts;

    #[test]
    fn what_modules_take_is_given() {
        let plan = Plan::new(&texts());
        for (path, module) in plan.modules.iter().filter(|(path, _)| !path.starts_with(VENDOR)) {
            // What is embedded elsewhere is sent as it is.
            if !path.starts_with("app/embed/") {
                assert_eq!(module.unknown(), [""; 0], "{path} links in a form that chunks do not know");
            }
            for from in module.imports() {
                let target = resolve(path, from).unwrap_or_else(|| panic!("{path} imports {from}"));
                let given = plan.modules[&target].given();
                for name in module.taken(from).into_iter().filter(|_| !target.starts_with(VENDOR)) {
                    assert!(given.contains(&name), "{path} takes {name} from {from}, which has {given:?}");
                }
            }
        }
    }

    #[test]
    fn modules_come_once_and_after_those_they_need() {
        let texts = texts();
        let plan = Plan::new(&texts);
        let files = link(&texts);
        for (chunk, members) in &plan.chunks {
            for (at, path) in members.iter().enumerate() {
                assert_eq!(plan.members[path].0, *chunk);
                assert!(!files.contains_key(&format!("{LINKED}{path}")), "{path} is there twice");
                for import in plan.modules[path].imports().filter_map(|from| resolve(path, from)) {
                    let is_here = plan.members.get(&import).is_some_and(|(of, _)| of == chunk);
                    assert!(!is_here || members[..at].contains(&import), "{path} needs {import}");
                    let of = plan.members.get(&import).map(|(of, _)| of.as_str());
                    assert!(
                        is_here || of != Some(chunk) && (chunk != FRAME || of.is_none()),
                        "{path} {import}"
                    );
                }
            }
        }
        assert_eq!(plan.members[ENTRY].0, FRAME);
        assert_eq!(plan.members[EXPLORER].0, "events");
    }

    #[test]
    fn files_name_each_other_by_the_way_there() {
        assert_eq!(relative("app/chunks/frame.js", "app/lib/time.js"), "../lib/time.js");
        assert_eq!(relative("app/lib/a.js", "app/lib/b.js"), "./b.js");
        assert_eq!(relative("linked/app/chunks/frame.js", "app/app.js"), "../../../app/app.js");
    }
}
