//! Lines.
pub(crate) fn cef(_: &mut Vec<u8>, _: &crate::view::View<'_>, _: &crate::place::Place<'_>) {}
pub(crate) fn leef(_: &mut Vec<u8>, _: &crate::view::View<'_>, _: &crate::place::Place<'_>) {}
