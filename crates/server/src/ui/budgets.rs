//! Budgets: what a page may load, compressed as it is sent (docs/adr/0010-budgets-of-screens.md).

use super::{
    assets::{FILES, SHELL_STYLES},
    chunks,
    shell::screens,
};

const KB: usize = 1024;
const SCREEN_MAX: usize = 80 * KB;
const EXPLORER_MAX: usize = 60 * KB;
/// Only catches a library that slips in.
const ALL_MAX: usize = 250 * KB;
const STYLES_MAX: usize = 14 * KB;
const ALL_STYLES_MAX: usize = 24 * KB;
const FONTS_MAX: usize = 80 * KB;

fn sum<'a>(paths: impl IntoIterator<Item = &'a str>) -> usize {
    paths.into_iter().map(|path| FILES.sent(path)).sum()
}

fn having<'a>(start: &'a str, end: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    FILES.paths().filter(move |path| path.starts_with(start) && path.ends_with(end))
}

#[test]
fn modules_of_each_screen_are_within_the_budget() {
    for (path, module) in screens() {
        let entries = [chunks::entry("app/app.js"), chunks::entry(module)];
        let mut files: Vec<String> = entries.iter().flat_map(|entry| FILES.modules(entry)).collect();
        files.sort_unstable();
        files.dedup();
        let size = sum(files.iter().map(String::as_str));
        assert!(size <= if path == "/events" { EXPLORER_MAX } else { SCREEN_MAX }, "{path}: {size} bytes");
    }
}

#[test]
fn all_modules_are_within_the_budget() {
    let size = sum(having(chunks::LINKED, ".js"));
    assert!(size <= ALL_MAX, "{size} bytes");
}

#[test]
fn styles_and_fonts_are_within_the_budget() {
    assert!(
        FILES.sent(SHELL_STYLES) <= STYLES_MAX,
        "{} bytes that every page loads",
        FILES.sent(SHELL_STYLES)
    );
    let styles = sum(having("app/css/", ".css").filter(|path| *path != SHELL_STYLES));
    assert!(styles <= ALL_STYLES_MAX, "{styles} bytes of styles");
    let fonts = sum(having("app/fonts/", ".woff2"));
    assert!(fonts <= FONTS_MAX, "{fonts} bytes of fonts");
}
