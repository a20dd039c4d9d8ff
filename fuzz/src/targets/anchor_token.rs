//! Timestamp tokens, which come from an authority over the network and later out of anybody's evidence.

use tallystick_anchor::{TrustedRoots, verify_token};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "anchor_token", seeds, run };

const TOKEN: &[u8] = include_bytes!("../../../crates/anchor/testdata/token.der");
const MESSAGE: &[u8] = include_bytes!("../../../crates/anchor/testdata/message.txt");
const ROOT: &str = include_str!("../../../crates/anchor/testdata/root.pem");

fn seeds() -> Vec<Vec<u8>> {
    vec![TOKEN.to_vec()]
}

fn run(input: &[u8]) {
    let roots = TrustedRoots::from_pem(ROOT).expect("a root");
    // The authority has signed this message once.
    let good = verify_token(TOKEN, MESSAGE, &roots).expect("the token that was made");
    if let Ok(time) = verify_token(input, MESSAGE, &roots) {
        assert_eq!(time, good, "forged");
    }
}
