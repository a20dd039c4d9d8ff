//! The page around every screen: the rail and the bar at the top are in its HTML, so that the first paint waits for no
//! script, and the modules of the screen are announced, so that they load at once and not one after the other.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    assets::{Assets, FILES, SHELL_STYLES},
    chunks,
};

/// Only files from here, nothing written into the page, no frames, and no text that becomes code.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The app's addresses; `web/app/lib/route.js` has the same list.
pub(super) const PATHS: &[&str] = &[
    "/",
    "/events",
    "/events/{id}",
    "/entities",
    "/entities/{side}/{type}/{id}",
    "/exports",
    "/exports/{id}",
    "/streams",
    "/streams/{id}",
    "/streams/{id}/edit",
    "/start",
    "/integrity",
    "/access",
    "/settings",
];

/// A screen that the rail leads to: its path, name, icon, and the module that shows it.
struct Screen {
    path: &'static str,
    name: &'static str,
    icon: &'static str,
    module: &'static str,
    /// The permission without which it shows nothing, or several of which one is enough, with spaces between; some of
    /// the others is for everybody.
    needs: Option<&'static str>,
}

const SCREENS: &[Screen] = &[
    Screen {
        path: "/",
        name: "Overview",
        icon: "overview",
        module: "app/screens/overview/index.js",
        needs: Some("audit_logs.read"),
    },
    Screen {
        path: "/events",
        name: "Events",
        icon: "events",
        module: "app/screens/events/index.js",
        needs: Some("audit_logs.read"),
    },
    Screen {
        path: "/entities",
        name: "Entities",
        icon: "entities",
        module: "app/screens/entities/index.js",
        needs: Some("audit_logs.read"),
    },
    Screen {
        path: "/exports",
        name: "Exports",
        icon: "download",
        module: "app/screens/exports/index.js",
        needs: Some("audit_logs.export"),
    },
    Screen {
        path: "/streams",
        name: "Streams",
        icon: "stream",
        module: "app/screens/streams/index.js",
        needs: Some("streams.manage instance_streams.manage"),
    },
    Screen {
        path: "/integrity",
        name: "Integrity",
        icon: "seal",
        module: "app/screens/integrity/index.js",
        needs: Some("integrity.read"),
    },
    Screen {
        path: "/access",
        name: "Access",
        icon: "key",
        module: "app/screens/access/index.js",
        needs: None,
    },
    Screen {
        path: "/settings",
        name: "Settings",
        icon: "settings",
        module: "app/screens/settings/index.js",
        needs: None,
    },
];

/// Where somebody begins who has set the service up. The rail does not lead there, the overview does.
const START: Screen = Screen {
    path: "/start",
    name: "Send the first event",
    icon: "events",
    module: "app/screens/start/index.js",
    needs: None,
};

/// What the rail has below its line begins with this one. A narrow window has no room for it: there it is in a menu.
const INTEGRITY: &str = "/integrity";

/// The screens with the modules that show them.
#[cfg(test)]
pub(super) fn screens() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCREENS.iter().chain([&START]).map(|screen| (screen.path, screen.module))
}

/// The pages, rendered once at start: they hold nothing of whoever asks.
#[derive(Debug)]
pub(super) struct Shell {
    pages: Vec<(&'static str, String)>,
}

impl Shell {
    pub(super) fn new() -> Self {
        let render = |screen: &Screen| (screen.path, page(&FILES, screen).into_string());
        Self { pages: SCREENS.iter().chain([&START]).map(render).collect() }
    }

    /// The page at one of `PATHS`.
    pub(super) fn page(&self, path: &str) -> Response {
        let first = path.split('/').nth(1).unwrap_or_default();
        let of_path = |(of, _): &&(&str, String)| of.trim_start_matches('/') == first;
        let (_, html) = self.pages.iter().find(of_path).unwrap_or(&self.pages[0]);
        let headers: [(HeaderName, HeaderValue); 4] = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (headers, html.clone()).into_response()
    }
}

fn page(assets: &Assets, screen: &Screen) -> Markup {
    let start = chunks::entry("app/app.js");
    let mut modules = assets.modules(&start);
    for module in assets.modules(&chunks::entry(screen.module)) {
        if !modules.contains(&module) {
            modules.push(module);
        }
    }
    html! {
        (DOCTYPE)
        html lang="en" data-theme="auto" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (screen.name) " · Tallystick" }
                link rel="icon" href=(assets.url("app/favicon.svg")) type="image/svg+xml";
                // Before the first paint: it says which theme was chosen.
                script src=(assets.url("app/theme.js")) {}
                link rel="stylesheet" href=(assets.url(SHELL_STYLES));
                link rel="preload" as="font" type="font/woff2" crossorigin
                    href=(assets.url("app/fonts/ibm-plex-sans-latin-wght-normal.woff2"));
                @for module in &modules {
                    link rel="modulepreload" href=(assets.url(module));
                }
                script type="module" src=(assets.url(&start)) {}
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                div hidden { (PreEscaped(assets.text("app/icons.svg"))) }
                div class="shell" {
                    (rail(screen))
                    div class="frame" {
                        header class="top" id="top" { span class="grow" {} }
                        main id="main" tabindex="-1" {}
                    }
                }
                div id="layer" {}
                noscript {
                    p class="noscript" {
                        "This page needs JavaScript. The same data is at " code { "/v1/events" } ", described in "
                        a href="/docs" { "the documentation" } "."
                    }
                }
            }
        }
    }
}

fn rail(current: &Screen) -> Markup {
    let below = SCREENS.iter().position(|screen| screen.path == INTEGRITY).unwrap_or(SCREENS.len());
    let (first, rest) = SCREENS.split_at(below);
    html! {
        nav class="rail" aria-label="Main" {
            a class="brand" href="/" aria-label="Tallystick, overview" {
                (mark())
                b { "Tallystick" }
            }
            @for screen in first { (link(screen, current)) }
            hr;
            div id="more" popover {
                @for screen in rest { (link(screen, current)) }
                a href="/docs" data-outside="true" title="Help: the API and the query language" {
                    (icon("help")) span { "Help" }
                }
            }
            button type="button" popovertarget="more" { (icon("more")) span { "More" } }
        }
    }
}

fn link(screen: &Screen, current: &Screen) -> Markup {
    html! {
        a href=(screen.path) data-screen=(screen.path) data-needs=[screen.needs] title=(screen.name)
            aria-current=[(screen.path == current.path).then_some("page")] {
            (icon(screen.icon)) span { (screen.name) }
        }
    }
}

/// The sign of the product.
pub(super) fn mark() -> Markup {
    html! {
        svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" {
            rect x="1.5" y="1.5" width="19" height="19" rx="4" fill="none" stroke="currentColor"
                stroke-width="1.6" {}
            path d="M6 7h10M6 11h10M6 15h5" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" {}
            circle cx="15.5" cy="15.5" r="2.4" class="brand-dot" {}
        }
    }
}

fn icon(name: &str) -> Markup {
    html! { svg class="icon" aria-hidden="true" { use href=(format!("#i-{name}")) {} } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html_of(path: &str) -> String {
        let shell = Shell::new();
        let first = path.split('/').nth(1).unwrap_or_default();
        shell.pages.iter().find(|(of, _)| of.trim_start_matches('/') == first).unwrap().1.clone()
    }

    #[test]
    fn the_page_has_no_script_of_its_own_and_announces_its_modules() {
        let html = html_of("/events").replace("http://www.w3.org/2000/svg", "");
        for script in html.split("<script").skip(1) {
            assert!(script.contains(" src=\"/_a/"), "{script}");
        }
        assert!(!html.contains(" style=") && !html.contains("http:") && !html.contains("https:"));
        assert!(html.contains("rel=\"modulepreload\"") && html.contains("linked/app/chunks/events.js"));
        assert!(html.contains("aria-current=\"page\"") && html.contains("Events · Tallystick"));
    }

    #[test]
    fn the_policy_lets_nothing_in_from_elsewhere() {
        let response = Shell::new().page("/entities/actor/user/u_1");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            !policy.contains("unsafe") && !policy.contains('*') && policy.contains("frame-ancestors 'none'")
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    }
}
