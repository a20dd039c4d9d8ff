//! The files of the app. They lie below a prefix that is a hash of them all, so a browser may keep them for ever and
//! never mixes two versions; relative imports inherit the prefix. A debug build reads them from disk each time.

use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::{Arc, LazyLock, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use parking_lot::Mutex;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::chunks::{LINKED, Texts, link};
use crate::http::static_file::{Keep, answer_tagged, tag_of};

/// `web/app`, without its tests and what builds it.
#[derive(RustEmbed)]
#[folder = "../../web/app/"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "*.woff2"]
#[exclude = "test/*"]
#[exclude = "node_modules/*"]
struct App;

/// The verifier page's modules: what checks proofs there checks them here.
#[derive(RustEmbed)]
#[folder = "../../web/verify/"]
#[include = "*.js"]
#[exclude = "test/*"]
#[exclude = "node_modules/*"]
struct Verify;

/// Files lie below the prefix as they lie in `web`, so that imports mean the same here and there.
const APP: &str = "app/";
const VERIFY: &str = "verify/";
/// The styles that every page waits for, in one file: a browser asks for few at a time, and paints after the last.
pub(super) const SHELL_STYLES: &str = "app/css/shell.css";
/// What it is made of; its size is a budget (budgets.rs).
const STYLES: [&str; 7] = ["tokens", "base", "components", "explorer", "drawer", "screens", "streams"];
/// Minified by whoever published it.
const VENDOR: &str = "app/vendor/";
/// What those import by the names of npm packages, which only a build understands, and where the app has it.
const PACKAGES: &[(&str, &str)] = &[
    ("\"@noble/ed25519\"", "\"../app/vendor/noble.js\""),
    ("\"@noble/hashes/sha2.js\"", "\"../app/vendor/noble.js\""),
];
/// Whether files are read anew for each request, so that an edit needs no build.
const FROM_DISK: bool = cfg!(debug_assertions);

/// One file.
#[derive(Debug)]
struct Asset {
    plain: Bytes,
    /// Made when they are first asked for.
    plain_tag: OnceLock<String>,
    gzip: OnceLock<(Bytes, String)>,
}

/// All files by their paths.
#[derive(Debug)]
pub(super) struct Assets {
    files: BTreeMap<String, Arc<Asset>>,
    hash: String,
}

/// The files of this binary.
pub(super) static FILES: LazyLock<Assets> = LazyLock::new(Assets::new);

impl Assets {
    fn new() -> Self {
        let paths = paths().chain([SHELL_STYLES.to_owned()]);
        let files = paths.filter_map(|path| Some((path.clone(), read(&path)?)));
        let mut files: BTreeMap<_, _> = files.collect();
        files.extend(linked());
        let asset = |(path, plain)| (path, Arc::new(Asset::of(plain)));
        let files: BTreeMap<_, _> = files.into_iter().map(asset).collect();
        let mut hash = Sha256::new();
        for (path, asset) in &files {
            hash.update((path.len() as u64).to_be_bytes());
            hash.update(path);
            hash.update((asset.plain.len() as u64).to_be_bytes());
            hash.update(&asset.plain);
        }
        Self { files, hash: hex::encode(&hash.finalize()[..8]) }
    }

    /// The address of a file.
    pub(super) fn url(&self, path: &str) -> String {
        format!("/_a/{}/{path}", self.hash)
    }

    /// The text of a file of ours.
    pub(super) fn text(&self, path: &str) -> String {
        let bytes = self.get(path).map(|asset| asset.plain.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `entry` and all modules that it imports, and those they import, each once; not those that it loads later.
    pub(super) fn modules(&self, entry: &str) -> Vec<String> {
        let mut found = vec![entry.to_owned()];
        let mut next = 0;
        while let Some(path) = found.get(next).cloned() {
            for import in imports(&self.text(&path)).filter_map(|import| resolve(&path, import)) {
                if !found.contains(&import) {
                    found.push(import);
                }
            }
            next += 1;
        }
        found
    }

    /// The paths of all files.
    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// How many bytes of a file are sent to whoever takes it compressed.
    #[cfg(test)]
    pub(super) fn sent(&self, path: &str) -> usize {
        let asset = self.get(path).expect("a file that is there");
        let is_text = content_type(path).is_some_and(|(_, is_text)| is_text);
        if is_text { asset.gzip().0.len() } else { asset.plain.len() }
    }

    /// The answer to a request; none if there is no such file in this version.
    pub(super) fn answer(&self, hash: &str, path: &str, headers: &HeaderMap) -> Option<Response> {
        if hash != self.hash {
            return None;
        }
        let asset = self.get(path)?;
        let (kind, is_text) = content_type(path)?;
        let keep = if FROM_DISK { Keep::Seconds(0) } else { Keep::Forever };
        let is_gzip = is_text && accepts_gzip(headers);
        let body = if is_gzip { asset.gzip() } else { asset.plain() };
        let mut response = answer_tagged(headers, kind, body, keep, true);
        if is_gzip {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if is_text {
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        Some(response)
    }

    fn get(&self, path: &str) -> Option<Arc<Asset>> {
        let known = self.files.get(path);
        // Only what was there at the start, so that a path cannot lead out of the folder.
        if !FROM_DISK || known.is_none() {
            return known.cloned();
        }
        let plain = if path.starts_with(LINKED) { linked_of_late(path) } else { read(path) };
        plain.map(|plain| Arc::new(Asset::of(plain)))
    }
}

impl Asset {
    fn of(plain: Vec<u8>) -> Self {
        Self { plain: plain.into(), plain_tag: OnceLock::new(), gzip: OnceLock::new() }
    }

    /// The bytes with their entity tag.
    fn plain(&self) -> (Bytes, &str) {
        (self.plain.clone(), self.plain_tag.get_or_init(|| tag_of(&self.plain)))
    }

    fn gzip(&self) -> (Bytes, &str) {
        let (bytes, tag) = self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            let written = encoder.write_all(&self.plain).and_then(|()| encoder.finish());
            let bytes = written.expect("a vector takes everything");
            let tag = tag_of(&bytes);
            (bytes.into(), tag)
        });
        (bytes.clone(), tag)
    }
}

/// The files of `web`, by their paths there.
fn paths() -> impl Iterator<Item = String> {
    let own = App::iter().map(|path| format!("{APP}{path}"));
    own.chain(Verify::iter().map(|path| format!("{VERIFY}{path}")))
}

/// The modules, as they are sent when nothing is linked.
pub(super) fn texts() -> Texts {
    let modules = paths().filter(|path| extension(path) == "js");
    modules.filter_map(|path| Some((path.clone(), String::from_utf8(read(&path)?).ok()?))).collect()
}

/// The modules as the app loads them.
fn linked() -> BTreeMap<String, Vec<u8>> {
    link(&texts()).into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

/// A linked file as it was at most a second ago: a page asks for several, and all of them are made together.
fn linked_of_late(path: &str) -> Option<Vec<u8>> {
    static FILES: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
    static MADE: Mutex<Option<Instant>> = Mutex::new(None);
    let mut made = MADE.lock();
    if made.is_none_or(|made| made.elapsed() > Duration::from_secs(1)) {
        *FILES.lock() = linked();
        *made = Some(Instant::now());
    }
    FILES.lock().get(path).cloned()
}

fn read(path: &str) -> Option<Vec<u8>> {
    let plain = if path == SHELL_STYLES {
        let sheets = STYLES.iter().map(|name| App::get(&format!("css/{name}.css")));
        sheets.map(|sheet| Some(sheet?.data.into_owned())).collect::<Option<Vec<_>>>()?.join(&b'\n')
    } else if let Some(module) = path.strip_prefix(VERIFY) {
        let text = String::from_utf8(Verify::get(module)?.data.into_owned()).ok()?;
        PACKAGES.iter().fold(text, |text, (name, place)| text.replace(name, place)).into_bytes()
    } else {
        App::get(path.strip_prefix(APP)?)?.data.into_owned()
    };
    let is_own_script = extension(path) == "js" && !path.starts_with(VENDOR);
    Some(match String::from_utf8(plain) {
        Ok(text) if is_own_script => thinned(&text).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    })
}

/// A module without the comments that have lines of their own and without indentation, a sixth of what is sent; its
/// lines keep their numbers. Nothing of ours has text over several lines in which either would mean something.
fn thinned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_comment = false;
    for mut line in text.lines().map(str::trim_start) {
        if !is_comment && line.starts_with("/*") {
            match line.split_once("*/") {
                // Code may follow, as after a type.
                Some((_, rest)) => line = rest.trim_start(),
                None => is_comment = true,
            }
        }
        if !is_comment && !line.starts_with("//") {
            out.push_str(line);
        }
        is_comment &= !line.ends_with("*/");
        out.push('\n');
    }
    out
}

/// What stands behind the last dot.
fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The content type of a file, and whether it is worth compressing.
fn content_type(path: &str) -> Option<(&'static str, bool)> {
    Some(match extension(path) {
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "woff2" => ("font/woff2", false),
        "map" => ("application/json", true),
        _ => return None,
    })
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted
        .unwrap_or_default()
        .split(',')
        .any(|one| one.split(';').next().unwrap_or_default().trim() == "gzip")
}

/// What a module imports at its top: `from "./x.js"`, with or without spaces, and `import "./x.js"`; files only.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let found = ["from\"", "from \"", "\nimport \""].into_iter().flat_map(move |start| {
        text.match_indices(start).filter_map(move |(at, _)| text[at + start.len()..].split('"').next())
    });
    found.filter(|path| path.starts_with("./") || path.starts_with("../"))
}

/// The path that a relative import means in the module `from`.
pub(super) fn resolve(from: &str, import: &str) -> Option<String> {
    if !import.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn ask(assets: &Assets, path: &str, encoding: &'static str) -> Option<Response> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        assets.answer(&assets.hash, path, &headers)
    }

    #[test]
    fn files_are_compressed_where_it_helps_and_kept() {
        let assets = Assets::new();
        let script = ask(&assets, "app/app.js", "br;q=1, gzip").unwrap();
        assert_eq!(script.status(), StatusCode::OK);
        assert_eq!(script.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(script.headers().contains_key(header::ETAG));
        assert!(!ask(&assets, "app/app.js", "br").unwrap().headers().contains_key(header::CONTENT_ENCODING));
        let font = assets.files.keys().find(|path| extension(path) == "woff2").unwrap();
        assert!(!ask(&assets, font, "gzip").unwrap().headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn only_files_of_this_version_are_there() {
        let assets = Assets::new();
        let none = HeaderMap::new();
        assert!(assets.answer("0000000000000000", "app/app.js", &none).is_none());
        for path in [
            "app/../verify/page.html",
            "app/package.json",
            "app/vendor/VENDOR.toml",
            "verify/page.html",
            "",
            "app/test/x.js",
        ] {
            assert!(assets.answer(&assets.hash, path, &none).is_none(), "{path}");
        }
    }

    #[test]
    fn modules_name_only_what_is_there() {
        let assets = Assets::new();
        for path in assets.files.keys().filter(|path| extension(path) == "js") {
            let text = assets.text(path);
            assert!(!text.contains("from \"@") && !text.contains("from\"@"), "{path} imports a package");
            for import in imports(&text) {
                let target = resolve(path, import).unwrap_or_else(|| panic!("{path} imports {import}"));
                // What builds the verifier page is not part of the app.
                assert!(assets.files.contains_key(&target), "{path} imports {import}");
            }
        }
    }

    #[test]
    fn comments_and_indentation_are_not_sent() {
        let text = "// Why.\nconst a = `x // y`;\n  /** One. */\n  /*\n   * Two.\n   */\n  b(); // said\n  \
                    /** @type {D} */ (d)();\n";
        assert_eq!(thinned(text), "\nconst a = `x // y`;\n\n\n\n\nb(); // said\n(d)();\n");
        let sent = Assets::new().text("app/app.js");
        assert!(sent.lines().all(|line| !line.starts_with([' ', '/'])), "{sent}");
    }

    #[test]
    fn relative_imports_are_resolved() {
        assert_eq!(resolve("a/b/c.js", "../d.js").as_deref(), Some("a/d.js"));
        assert_eq!(resolve("a.js", "./b/c.js").as_deref(), Some("b/c.js"));
        assert_eq!((resolve("a.js", "../b.js"), resolve("a.js", "preact")), (None, None));
    }
}
