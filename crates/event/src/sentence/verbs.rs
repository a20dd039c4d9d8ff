//! English participles and the infinitives they come from, as far as the actions of audit logs need them: "updated" is
//! said of what was done, "update" of what failed.

/// Those that are not made with -ed, or whose spelling follows no rule below.
const IRREGULAR: &[(&str, &str)] = &[
    ("acknowledged", "acknowledge"),
    ("added", "add"),
    ("audited", "audit"),
    ("authored", "author"),
    ("begun", "begin"),
    ("broken", "break"),
    ("built", "build"),
    ("called", "call"),
    ("cancelled", "cancel"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("created", "create"),
    ("done", "do"),
    ("drawn", "draw"),
    ("edited", "edit"),
    ("enrolled", "enroll"),
    ("exited", "exit"),
    ("expired", "expire"),
    ("found", "find"),
    ("gave", "give"),
    ("given", "give"),
    ("held", "hold"),
    ("hidden", "hide"),
    ("installed", "install"),
    ("kept", "keep"),
    ("labelled", "label"),
    ("left", "leave"),
    ("lost", "lose"),
    ("made", "make"),
    ("monitored", "monitor"),
    ("overridden", "override"),
    ("overrode", "override"),
    ("paid", "pay"),
    ("put", "put"),
    ("ran", "run"),
    ("read", "read"),
    ("recorded", "record"),
    ("reset", "reset"),
    ("reverted", "revert"),
    ("run", "run"),
    ("seen", "see"),
    ("sent", "send"),
    ("set", "set"),
    ("shown", "show"),
    ("shut", "shut"),
    ("split", "split"),
    ("synced", "sync"),
    ("taken", "take"),
    ("targeted", "target"),
    ("tested", "test"),
    ("took", "take"),
    ("used", "use"),
    ("visited", "visit"),
    ("withdrawn", "withdraw"),
    ("written", "write"),
];
/// Nouns as well as participles: they are taken for a verb only where there is no other.
const AMBIGUOUS: &[&str] = &["run", "read", "set", "put", "split", "reset", "left"];

/// An ending: for each of the last letters which ones it may be; `^` in front: which ones it may not be.
type Ending = &'static [&'static str];

/// Stems that lose an e before -ed: by their endings.
const SILENT_E: &[Ending] = &[
    &["aeiouy", "ktpdm"],    // make, delete, upgrade, escape, resume
    &["^aeioul", "l"],       // toggle, enable
    &["^aeiou", "cg"],       // announce, merge, change
    &["aeiou", "cg"],        // replace, engage
    &["vzu"],                // approve, snooze, issue
    &["aeiouyr", "s"],       // close, pause, reverse
    &["^eo", "r"],           // share, require, configure
    &["^e", "u", "l"],       // schedule
    &["sc", "tl", "o", "r"], // restore, explore
    &["pf", "l", "o", "r"],
    &["g", "n", "o", "r"], // ignore
    &["^aeo", "i", "n"],   // define, combine
];
/// And stems with those endings that lose none.
const NO_SILENT_E: &[Ending] = &[
    &["o", "o", "kdtpm"],
    &["aeo", "ui", "ktpdm"],
    &["o", "a", "dtk"],
    &["e", "ae", "dtkpm"],
    &["i", "t"],
    &["m", "a", "n", "d"],
    &["rn", "d"],
    &["i", "n", "g"],
    &["i", "r"],
];
/// But these do.
const SILENT_ALL_THE_SAME: &[Ending] = &[&["vcn", "i", "t"], &["u", "i", "r"], &["fw", "i", "r"]];
const DOUBLED: &str = "bdgmnprt";

/// Whether a word says that something was done.
pub(super) fn is_participle(word: &str) -> bool {
    word.ends_with("ed") || irregular(word).is_some()
}

/// Where the verb stands among the words of an action's last part.
pub(super) fn verb_at(words: &[&str]) -> Option<usize> {
    let clear = words.iter().position(|word| is_participle(word) && !AMBIGUOUS.contains(word));
    clear.or_else(|| words.iter().position(|word| is_participle(word)))
}

/// `update` of `updated`, and of `signed in` `sign in`; what is no participle stays as it is.
pub(super) fn infinitive(verb: &str) -> String {
    let (first, rest) = match verb.split_once(' ') {
        Some((first, _)) => (first, &verb[first.len()..]),
        None => (verb, ""),
    };
    if let Some(infinitive) = irregular(first) {
        return format!("{infinitive}{rest}");
    }
    let Some(stem) = first.strip_suffix("ed") else { return verb.to_owned() };
    if let Some(stem) = stem.strip_suffix('i') {
        return format!("{stem}y{rest}");
    }
    let mut last = stem.chars().rev();
    if let (Some(one), Some(other)) = (last.next(), last.next())
        && one == other
        && DOUBLED.contains(one)
    {
        return format!("{}{rest}", &stem[..stem.len() - 1]);
    }
    let has = |endings: &[Ending]| endings.iter().any(|ending| ends_with(stem, ending));
    let is_silent = has(SILENT_E) && (!has(NO_SILENT_E) || has(SILENT_ALL_THE_SAME));
    format!("{stem}{}{rest}", if is_silent { "e" } else { "" })
}

fn irregular(word: &str) -> Option<&'static str> {
    let at = IRREGULAR.binary_search_by_key(&word, |(participle, _)| participle).ok()?;
    Some(IRREGULAR[at].1)
}

fn ends_with(stem: &str, ending: Ending) -> bool {
    let mut letters = stem.chars().rev();
    ending.iter().rev().all(|class| {
        letters.next().is_some_and(|letter| match class.strip_prefix('^') {
            Some(others) => !others.contains(letter),
            None => class.contains(letter),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: &str = "updated:update created:create deleted:delete changed:change acknowledged:acknowledge \
        resolved:resolve removed:remove revoked:revoke rotated:rotate closed:close paused:pause stopped:stop \
        denied:deny applied:apply enabled:enable toggled:toggle viewed:view exported:export downloaded:download \
        escalated:escalate transferred:transfer assigned:assign approved:approve requested:request merged:merge \
        shared:share sent:send edited:edit added:add purged:purge scheduled:schedule required:require \
        restored:restore issued:issue invited:invite suspended:suspend started:start cancelled:cancel \
        configured:configure published:publish exploited:exploit committed:commit rolled:roll loaded:load \
        reloaded:reload granted:grant reassigned:reassign reopened:reopen snoozed:snooze unacknowledged:unacknowledge \
        merged:merge scrubbed:scrub suppressed:suppress connected:connect disconnected:disconnect refreshed:refresh \
        erased:erase archived:archive executed:execute declared:declare replayed:replay reordered:reorder \
        elevated:elevate registered:register verified:verify completed:complete failed:fail used:use ignored:ignore \
        replaced:replace reversed:reverse purchased:purchase signed:sign listed:list searched:search tailed:tail";

    #[test]
    fn infinitives() {
        for pair in PAIRS.split_whitespace() {
            let (done, wanted) = pair.split_once(':').unwrap();
            assert_eq!(infinitive(done), wanted);
        }
        assert_eq!(infinitive("signed in"), "sign in");
        assert_eq!((infinitive("login"), infinitive("ed")), ("login".to_owned(), String::new()));
    }

    #[test]
    fn irregular_verbs_are_in_order() {
        assert!(IRREGULAR.is_sorted_by_key(|(participle, _)| participle));
    }
}
