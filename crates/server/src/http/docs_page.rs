//! Pages for people, made from the OpenAPI document and the list of error codes: plain HTML and one style sheet, no
//! scripts, nothing from elsewhere.

use std::{fmt::Write as _, future::Ready};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::error::ErrorCode;

const STYLE: &str = include_str!("docs.css");
/// Only the style sheet may be loaded, and only from here.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'");
const METHODS: &[&str] = &["get", "post", "patch", "delete"];

/// The pages, rendered once at start.
#[derive(Debug)]
pub struct Pages {
    api: Bytes,
    errors: Bytes,
}

/// The handler of a page.
type Page = Ready<Response>;

impl Pages {
    /// Renders all pages.
    pub fn new(document: &OpenApi) -> Self {
        let document = serde_json::to_value(document).expect("a document is plain data");
        Self { api: page("API", &api(&document)).into(), errors: page("Errors", &errors()).into() }
    }

    /// `/docs`
    pub fn api(&self) -> impl Fn() -> Page + Clone + Send + Sync + 'static + use<> {
        handler(self.api.clone())
    }

    /// `/docs/errors`
    pub fn errors(&self) -> impl Fn() -> Page + Clone + Send + Sync + 'static + use<> {
        handler(self.errors.clone())
    }
}

/// `/docs/style.css`
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

fn handler(html: Bytes) -> impl Fn() -> Page + Clone + Send + Sync + 'static {
    move || {
        let headers: [(HeaderName, HeaderValue); 2] = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        std::future::ready((headers, html.clone()).into_response())
    }
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n\
         <nav><a href=\"/\">Tallystick</a> <a href=\"/docs\">API</a> <a href=\"/docs/errors\">Errors</a> \
         <a href=\"/openapi.json\">OpenAPI</a></nav>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

const ERRORS: &str = "<h1>Errors</h1>\n<p>Every error answer is <code>application/problem+json</code> (RFC 9457) with \
one of these codes. Codes are never renamed. <em>Again</em>: the same request may succeed later. <em>Nothing \
done</em>: it is certain that nothing was stored or changed; where it is not, an idempotency key makes repeating a \
write safe.</p>\n";

fn errors() -> String {
    let mut out = ERRORS.to_owned();
    begin_table(&mut out, &["code", "status", "what happened", "again", "nothing done"]);
    for code in ErrorCode::ALL {
        let yes = |is: bool| if is { "yes" } else { "no" };
        let name = code.as_str();
        let _ = writeln!(
            out,
            "<tr id=\"{name}\"><td><a href=\"#{name}\"><code>{name}</code></a></td>\
             <td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            code.status().as_u16(),
            escaped(code.title()),
            yes(code.retryable()),
            yes(code.no_side_effects()),
        );
    }
    out.push_str(TABLE_END);
    out.push_str("<h2 id=\"fields\">Codes of one field</h2>\n<p>In <code>errors[].code</code>, ");
    out.push_str("about one place in one event:</p>\n<ul>\n");
    for code in tallystick_event::error::code::ALL {
        let _ = writeln!(out, "<li id=\"{code}\"><code>{code}</code></li>");
    }
    out.push_str("</ul>\n");
    out
}

fn api(document: &Value) -> String {
    let mut out = String::from("<h1>API</h1>\n");
    let _ = writeln!(out, "<p>{}</p>", prose(text(&document["info"], "description")));
    out.push_str(
        "<p>Send <code>Authorization: Bearer tsk_…</code> with every call that names a scope.</p>\n<ul>\n",
    );
    let operations = operations(document);
    for (method, path, operation) in &operations {
        let _ = writeln!(
            out,
            "<li><a href=\"#{}\"><code>{} {}</code></a> {}</li>",
            escaped(text(operation, "operationId")),
            method.to_uppercase(),
            escaped(path),
            escaped(text(operation, "summary")),
        );
    }
    out.push_str("</ul>\n");
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = text(tag, "name");
        let _ = writeln!(out, "<h2>{}</h2>\n<p>{}</p>", escaped(name), prose(text(tag, "description")));
        let in_tag = |operation: &Value| {
            operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == name))
        };
        for (method, path, operation) in operations.iter().filter(|(_, _, operation)| in_tag(operation)) {
            describe(&mut out, method, path, operation);
        }
    }
    out.push_str("<h2>Shapes</h2>\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        describe_schema(&mut out, name, schema);
    }
    out
}

fn operations(document: &Value) -> Vec<(&'static str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((*method, path.as_str(), operation));
            }
        }
    }
    found
}

fn describe(out: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = writeln!(
        out,
        "<section id=\"{}\">\n<h3><code>{} {}</code></h3>\n<p><strong>{}</strong>{}</p>",
        escaped(text(operation, "operationId")),
        method.to_uppercase(),
        escaped(path),
        escaped(text(operation, "summary")),
        scopes(operation),
    );
    if !text(operation, "description").is_empty() {
        let _ = writeln!(out, "<p>{}</p>", prose(text(operation, "description")));
    }
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        begin_table(out, &["parameter", "in", "what"]);
        for parameter in parameters {
            let required = if parameter["required"] == true { " (required)" } else { "" };
            let _ = writeln!(
                out,
                "<tr><td><code>{}</code></td><td>{}{required}</td><td>{}</td></tr>",
                escaped(text(parameter, "name")),
                escaped(text(parameter, "in")),
                prose(text(parameter, "description")),
            );
        }
        out.push_str(TABLE_END);
    }
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "<p>Body: <code>{}</code> {}</p>", escaped(kind), shape(&content["schema"]));
    }
    out.push_str("<ul>\n");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let content = answer["content"].as_object().and_then(|all| all.values().next());
        let _ = writeln!(
            out,
            "<li><code>{}</code> {} {}</li>",
            escaped(status),
            prose(text(answer, "description")),
            content.map_or_else(String::new, |content| shape(&content["schema"])),
        );
    }
    out.push_str("</ul>\n</section>\n");
}

/// Which scope a call takes, as a half-sentence.
fn scopes(operation: &Value) -> String {
    let all = operation["security"].as_array().into_iter().flatten();
    let scopes: Vec<&str> =
        all.filter_map(|one| one["api_key"].as_array()).flatten().filter_map(Value::as_str).collect();
    match scopes.as_slice() {
        [] => String::new(),
        scopes => format!(" &middot; scope <code>{}</code>", escaped(&scopes.join(", "))),
    }
}

fn describe_schema(out: &mut String, name: &str, schema: &Value) {
    let _ = writeln!(out, "<section id=\"shape-{0}\">\n<h3>{0}</h3>", escaped(name));
    let _ = writeln!(out, "<p>{}</p>", prose(text(schema, "description")));
    begin_table(out, &["member", "type", "what"]);
    // A shape that contains another one is a list of both.
    let whole = std::slice::from_ref(schema);
    for part in schema["allOf"].as_array().map_or(whole, Vec::as_slice) {
        if part.get("$ref").is_some() {
            let _ = writeln!(out, "<tr><td colspan=\"3\">everything of {}</td></tr>", shape(part));
        }
        for (member, value) in part["properties"].as_object().into_iter().flatten() {
            let _ = writeln!(
                out,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escaped(member),
                shape(value),
                prose(text(value, "description")),
            );
        }
    }
    out.push_str(TABLE_END);
    out.push_str("</section>\n");
}

/// A type in a few words, with a link if it has a name.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|link| link.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", escaped(name));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let named = choices.iter().filter(|one| one["type"] != "null").map(shape);
        return named.collect::<Vec<_>>().join(" or ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return String::from("any JSON"),
    };
    if kinds.contains(&"array") {
        return format!("list of {}", shape(&schema["items"]));
    }
    escaped(&kinds.join(" or "))
}

const TABLE_END: &str = "</tbody></table></div>\n";

fn begin_table(out: &mut String, columns: &[&str]) {
    out.push_str("<div class=\"wide\"><table><thead><tr>");
    for column in columns {
        let _ = write!(out, "<th>{column}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Escaped, with what stands between backquotes as code.
fn prose(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    let pieces = pieces.map(|(index, piece)| match index % 2 {
        1 => format!("<code>{}</code>", escaped(piece)),
        _ => escaped(piece).replace("\n\n", "</p>\n<p>"),
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::router;

    fn rendered() -> (String, String) {
        let pages = Pages::new(&router::api().1);
        let utf8 = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        (utf8(&pages.api), utf8(&pages.errors))
    }

    #[test]
    fn every_call_and_every_code_is_there() {
        let (api, errors) = rendered();
        for call in ["POST /v1/events", "GET /v1/tail", "DELETE /v1/keys/{id}", "GET /healthz"] {
            assert!(api.contains(&format!("<h3><code>{call}</code></h3>")), "{call}");
        }
        assert!(ErrorCode::ALL.iter().all(|code| errors.contains(&format!("id=\"{}\"", code.as_str()))));
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_links_lead_somewhere() {
        let (api, errors) = rendered();
        for html in [&api, &errors] {
            assert!(
                !html.contains("<script") && !html.contains("src=") && !html.contains("=\"http"),
                "{html}"
            );
        }
        for link in api.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(api.contains(&format!("id=\"{link}\"")), "#{link}");
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(prose("a <b> `c<d`"), "a &lt;b&gt; <code>c&lt;d</code>");
        assert_eq!(escaped("\"&"), "&quot;&amp;");
    }
}
