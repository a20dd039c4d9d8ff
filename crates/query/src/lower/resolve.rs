//! From the query as written to typed predicates: which field means which leaf.

use jiff::tz::TimeZone;
use tallystick_event::crud::Crud;
use tallystick_event::terms::{Has, Opaque};
use tallystick_event::text::fold;
use tallystick_event::{EventId, Outcome};

use super::entity::same_target;
use super::path::{changes, path_expr};
use super::words::{field_words, free_text};
use super::{
    ActionTest, ChangedTest, Expr, Is, KeyField, Leaf, Lowered, PathField, StringTest, TimeField, WordField,
};
use crate::ast::{Item, Node, Op, Query, Term, Test, Value};
use crate::diagnostic::Diagnostic;
use crate::fields::Field;
use crate::pattern::Pattern;
use crate::time::{Interval, TimeExpr};

/// What a query means depends on who asks, when and where.
#[derive(Clone, Copy, Debug)]
pub struct LowerOptions<'a> {
    /// The present, in microseconds since 1970-01-01T00:00Z.
    pub now_us: i64,
    /// The reader's zone, for times without an offset and for calendar days. See [`crate::zone`].
    pub tz: &'a TimeZone,
    /// Who `@me` is, if the request comes from a person.
    pub me: Option<Me<'a>>,
}

/// The person who asks, as events name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Me<'a> {
    /// `actor.id`.
    pub id: &'a str,
    /// `actor.email`, in any case.
    pub email: Option<&'a str>,
}

/// Resolves a query. The only error is [`crate::Code::NoMe`]: everything else was checked by the parser.
pub fn lower(query: &Query, options: &LowerOptions<'_>) -> Result<Lowered, Diagnostic> {
    let lowering = Lowering { options };
    let expr = query.root.as_ref().map_or(Ok(Expr::ALL), |root| lowering.node(root, false))?;
    Ok(Lowered { expr })
}

pub(super) struct Lowering<'a> {
    pub(super) options: &'a LowerOptions<'a>,
}

impl Lowering<'_> {
    /// `one_target`: inside a group of `target`, where leaves speak of one and the same target.
    fn node(&self, node: &Node, one_target: bool) -> Result<Expr, Diagnostic> {
        match node {
            Node::And { children, .. } => Ok(Expr::and(self.nodes(children, one_target)?)),
            Node::Or { children, .. } => Ok(Expr::or(self.nodes(children, one_target)?)),
            Node::Not { child, .. } => Ok(!self.node(child, one_target)?),
            Node::Text { pattern, .. } => Ok(free_text(pattern)),
            Node::Term(term) => self.term(term, one_target),
            Node::Group { field, child, .. } if field.field == Field::Target => {
                Ok(same_target(self.node(child, true)?))
            }
            Node::Group { child, .. } => self.node(child, one_target),
        }
    }

    fn nodes(&self, nodes: &[Node], one_target: bool) -> Result<Vec<Expr>, Diagnostic> {
        nodes.iter().map(|node| self.node(node, one_target)).collect()
    }

    fn term(&self, term: &Term, one_target: bool) -> Result<Expr, Diagnostic> {
        let items: Result<Vec<Expr>, Diagnostic> =
            term.items.iter().map(|item| self.item(term, item, one_target)).collect();
        Ok(Expr::or(items?))
    }

    fn item(&self, term: &Term, item: &Item, one_target: bool) -> Result<Expr, Diagnostic> {
        let test = &item.test;
        let path = |field| Ok(path_expr(field, &term.field.path, test));
        match term.field.field {
            Field::Actor => self.actor(test, item.span),
            Field::ActorId if is_me(test) => self.me(item.span),
            Field::Target => Ok(Self::target(test, one_target)),
            Field::ActorMetadata => path(PathField::ActorMetadata),
            Field::TargetMetadata => path(PathField::TargetMetadata),
            Field::Metadata => path(PathField::Metadata),
            Field::Changes => Ok(changes(&term.field.path, test)),
            Field::Action => Ok(action(test)),
            Field::Changed => Ok(changed(test)),
            Field::Created => Ok(self.time(TimeField::Created, test)),
            Field::Received => Ok(self.time(TimeField::Received, test)),
            Field::Seq => Ok(seq(test)),
            Field::Ip => Ok(ip(test)),
            Field::Ua => Ok(words(WordField::Ua, KeyField::Ua, test)),
            Field::Reason => Ok(words(WordField::Reason, KeyField::Reason, test)),
            Field::Request => Ok(opaque(Opaque::Request, test)),
            Field::Session => Ok(opaque(Opaque::Session, test)),
            Field::Trace => Ok(opaque(Opaque::Trace, test)),
            Field::IdempotencyKey => Ok(opaque(Opaque::IdempotencyKey, test)),
            Field::Id => Ok(event_id(test)),
            Field::Schema => Ok(schema(test)),
            Field::Outcome | Field::Crud | Field::Is | Field::Has => Ok(word(term.field.field, test)),
            Field::ActorId => Ok(key(KeyField::ActorId, test)),
            Field::ActorName => Ok(key(KeyField::ActorName, test)),
            Field::ActorEmail => Ok(key(KeyField::ActorEmail, test)),
            Field::ActorType => Ok(key(KeyField::ActorType, test)),
            Field::ActorOnBehalfOf => Ok(key(KeyField::ActorOnBehalfOf, test)),
            Field::TargetId => Ok(key(KeyField::TargetId, test)),
            Field::TargetName => Ok(key(KeyField::TargetName, test)),
            Field::TargetType => Ok(key(KeyField::TargetType, test)),
            Field::Country => Ok(key(KeyField::Country, test)),
            Field::Origin => Ok(key(KeyField::Origin, test)),
            Field::Org => Ok(key(KeyField::Org, test)),
            Field::Source => Ok(key(KeyField::Source, test)),
        }
    }

    fn time(&self, field: TimeField, test: &Test) -> Expr {
        let of = |time: &TimeExpr| time.interval(self.options.now_us, self.options.tz);
        let Interval { from_us, to_us } = match test {
            Test::Compare { op, value: Value::Time(time) } => {
                let Interval { from_us, to_us } = of(time);
                match op {
                    Op::Eq | Op::Is => Interval { from_us, to_us },
                    Op::Gt => Interval { from_us: to_us, to_us: i64::MAX },
                    Op::Ge => Interval { from_us, to_us: i64::MAX },
                    Op::Lt => Interval { from_us: i64::MIN, to_us: from_us },
                    Op::Le => Interval { from_us: i64::MIN, to_us },
                }
            }
            Test::Range { from, to } => {
                let end = |value: &Option<Value>| match value {
                    Some(Value::Time(time)) => Some(of(time)),
                    _ => None,
                };
                Interval {
                    from_us: end(from).map_or(i64::MIN, |from| from.from_us),
                    to_us: end(to).map_or(i64::MAX, |to| to.to_us),
                }
            }
            _ => return Expr::ALL,
        };
        Expr::Leaf(Leaf::Time { field, from_us, to_us })
    }
}

pub(super) fn is_me(test: &Test) -> bool {
    matches!(test, Test::Compare { op: Op::Eq, value: Value::Text(text) } if text == "@me")
}

/// The text of an equality, and whether it must be in the same case.
pub(super) fn equality(test: &Test) -> Option<(&str, bool)> {
    match test {
        Test::Compare { op: op @ (Op::Eq | Op::Is), value: Value::Text(text) } => Some((text, *op == Op::Is)),
        _ => None,
    }
}

/// A predicate on a whole string value.
pub(super) fn key(field: KeyField, test: &Test) -> Expr {
    let folded = |text: &str| if field.is_folded() { fold(text).into_owned() } else { text.to_owned() };
    let test = match test {
        Test::Exists => StringTest::Exists,
        Test::Glob { pattern } => StringTest::Glob(pattern.map(folded)),
        other => match equality(other) {
            Some((text, true)) if field.is_folded() => StringTest::IsExactly(text.to_owned()),
            Some((text, _)) => StringTest::Equals(folded(text)),
            // The parser allows no comparison and no range on these fields.
            None => return Expr::NONE,
        },
    };
    Expr::Leaf(Leaf::Key { field, test })
}

fn action(test: &Test) -> Expr {
    let test = match test {
        Test::Glob { pattern } => match pattern.prefix().strip_suffix('.') {
            Some(category) if pattern.is_prefix() => ActionTest::Below(fold(category).into_owned()),
            _ => ActionTest::Glob(pattern.map(|part| fold(part).into_owned())),
        },
        other => match equality(other) {
            Some((text, true)) => ActionTest::Exact(text.to_owned()),
            Some((text, false)) => ActionTest::Category(fold(text).into_owned()),
            None => return Expr::ALL,
        },
    };
    Expr::Leaf(Leaf::Action(test))
}

fn changed(test: &Test) -> Expr {
    let test = match test {
        Test::Glob { pattern } => ChangedTest::Glob(pattern.map(|part| fold(part).into_owned())),
        other => match equality(other) {
            Some((text, true)) => ChangedTest::IsExactly(text.to_owned()),
            Some((text, false)) => ChangedTest::Named(fold(text).into_owned()),
            None => return Expr::Leaf(Leaf::Has(Has::Diff)),
        },
    };
    Expr::Leaf(Leaf::Changed(test))
}

fn schema(test: &Test) -> Expr {
    match equality(test) {
        Some((text, false)) if !text.contains('@') => {
            let any_version = Pattern { parts: vec![format!("{text}@"), String::new()] };
            Expr::Leaf(Leaf::Key { field: KeyField::Schema, test: StringTest::Glob(any_version) })
        }
        _ => key(KeyField::Schema, test),
    }
}

fn words(field: WordField, whole: KeyField, test: &Test) -> Expr {
    let pattern = match test {
        Test::Exists if field == WordField::Reason => return Expr::Leaf(Leaf::Has(Has::Reason)),
        Test::Glob { pattern } => pattern.clone(),
        other => match equality(other) {
            Some((text, false)) => Pattern::literal(text),
            _ => return key(whole, test),
        },
    };
    field_words(field, &pattern).unwrap_or_else(|| key(whole, test))
}

fn opaque(field: Opaque, test: &Test) -> Expr {
    Expr::Leaf(match equality(test) {
        Some((text, _)) => Leaf::Opaque { field, value: text.to_owned() },
        None => Leaf::OpaqueExists(field),
    })
}

fn event_id(test: &Test) -> Expr {
    match equality(test) {
        Some((text, _)) => text.parse::<EventId>().map_or(Expr::NONE, |id| Expr::Leaf(Leaf::EventId(id))),
        None => Expr::ALL,
    }
}

fn seq(test: &Test) -> Expr {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        _ => None,
    };
    let (from, to) = match test {
        Test::Compare { op, value: Value::Number(n) } => match op {
            Op::Eq | Op::Is => (Some(*n), Some(*n)),
            Op::Gt => (n.checked_add(1), Some(u64::MAX)),
            Op::Ge => (Some(*n), Some(u64::MAX)),
            Op::Lt => (Some(0), n.checked_sub(1)),
            Op::Le => (Some(0), Some(*n)),
        },
        Test::Range { from, to } => (
            Some(from.as_ref().and_then(number).unwrap_or(0)),
            Some(to.as_ref().and_then(number).unwrap_or(u64::MAX)),
        ),
        _ => return Expr::ALL,
    };
    // No number is below 0 or above the largest.
    from.zip(to).map_or(Expr::NONE, |(from, to)| Expr::Leaf(Leaf::Seq { from, to }))
}

/// Where IPv4 addresses lie among IPv6 ones.
const V4_FIRST: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
const V4_LAST: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const BEFORE_V4: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff];
const AFTER_V4: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

fn ip(test: &Test) -> Expr {
    let (from, to) = match test {
        Test::Compare { value: Value::Ip(network), .. } => (network.first(), network.last()),
        // An open end stays in the family of the other end.
        Test::Range { from: Some(Value::Ip(from)), to: Some(Value::Ip(to)) } => (from.first(), to.last()),
        Test::Range { from: Some(Value::Ip(from)), .. } => {
            (from.first(), if from.is_v4() { V4_LAST } else { [0xff; 16] })
        }
        Test::Range { to: Some(Value::Ip(to)), .. } => {
            (if to.is_v4() { V4_FIRST } else { [0; 16] }, to.last())
        }
        _ => return Expr::Leaf(Leaf::Has(Has::Ip)),
    };
    let between = |from, to| Expr::Leaf(Leaf::Ip { from, to });
    if from < V4_FIRST && to > V4_LAST {
        return Expr::or([between(from, BEFORE_V4), between(AFTER_V4, to)]);
    }
    between(from, to)
}

/// A word of a closed list, or `*`.
fn word(field: Field, test: &Test) -> Expr {
    let Test::Compare { value: Value::Word(word), .. } = test else {
        // Every event has an outcome; `is` and `has` take no star.
        let cruds = || Crud::ALL.map(|crud| Expr::Leaf(Leaf::Crud(crud)));
        return if field == Field::Crud { Expr::or(cruds()) } else { Expr::ALL };
    };
    let leaf = match field {
        Field::Outcome => word.parse::<Outcome>().ok().map(Leaf::Outcome),
        Field::Crud => Crud::ALL.into_iter().find(|crud| crud.name() == *word).map(Leaf::Crud),
        Field::Has => Has::ALL.into_iter().find(|has| has.name() == *word).map(Leaf::Has),
        _ => Is::ALL.into_iter().find(|is| is.name() == *word).map(Leaf::Is),
    };
    Expr::Leaf(leaf.expect("the parser allows only words of the list"))
}
