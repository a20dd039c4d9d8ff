//! What a quorum is made of: witnesses, and groups of which some number must have cosigned.

/// A witness or a group, by its place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Witness(usize),
    Group(usize),
}

/// Met when `threshold` of its members are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// 1 up to the number of members.
    pub(super) threshold: usize,
    pub(super) members: Vec<Member>,
}

/// The rule that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quorum {
    /// `quorum none`: no cosignature is needed.
    None,
    Of(Member),
}
