//! The documented default file, and the effective configuration for `check-config`.

use std::fmt::Write as _;

use super::{
    Config, Loaded, Origin,
    settings::{SECTIONS, SETTINGS},
};

const HEADER: &str = "\
# Tallystick's configuration with all defaults. A file of your own needs `version` and what differs.
#
# Any setting can be overridden in the environment: [server] listen by TALLYSTICK_SERVER__LISTEN, lists separated by
# commas. Flags are above both. `tallystick check-config FILE` shows what comes out, or all mistakes.
";

/// The text of `tallystick.default.toml`.
pub(crate) fn default_file() -> String {
    let config = Config::default();
    let mut text = format!("{HEADER}\nversion = 1\n");
    for (section, about) in SECTIONS {
        let _ = write!(text, "\n# {about}\n[{section}]\n");
        for setting in SETTINGS.iter().filter(|setting| setting.section == *section) {
            for line in setting.doc {
                let _ = writeln!(text, "#{line}");
            }
            let _ = writeln!(text, "{} = {}", setting.key, (setting.show)(&config));
        }
    }
    text
}

/// The configuration as TOML, each value with where it comes from.
pub(crate) fn effective(loaded: &Loaded) -> String {
    let mut text = "version = 1\n".to_owned();
    for (section, _) in SECTIONS {
        let _ = write!(text, "\n[{section}]\n");
        for (setting, origin) in loaded.settings().filter(|(setting, _)| setting.section == *section) {
            let _ = write!(text, "{} = {}", setting.key, (setting.show)(&loaded.config));
            match origin {
                Origin::Default => text.push('\n'),
                origin => {
                    let _ = writeln!(text, "  # {origin}");
                }
            }
        }
    }
    text
}
