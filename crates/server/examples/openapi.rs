//! Prints the OpenAPI document: `cargo run -p tallystick-server --example openapi > docs/openapi.json`.
#![expect(clippy::print_stdout, reason = "printing the document is what it is for")]

fn main() {
    print!("{}", tallystick_server::http::openapi::text());
}
