//! Migrations are compiled in by a macro; a new file must recompile it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
