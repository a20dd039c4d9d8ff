//! What the answer to a bulk call means. It is 200 whatever became of the documents, each of which has a status.

use serde::Deserialize;

use crate::http::{Response, usual};
use crate::{Outcome, Rejection};

#[derive(Deserialize)]
struct Bulk {
    errors: bool,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "index")]
    create: Done,
}

#[derive(Deserialize)]
struct Done {
    status: u16,
    error: Option<Trouble>,
}

#[derive(Deserialize)]
struct Trouble {
    r#type: Option<String>,
    reason: Option<String>,
}

/// What became of `sent` documents, and a summary of it if the answer speaks of documents.
pub(super) fn meaning(response: &Response, sent: usize) -> (Outcome, Option<String>) {
    let usual = usual(response);
    if usual != Outcome::Delivered {
        return (usual, None);
    }
    let Ok(bulk) = serde_json::from_slice::<Bulk>(&response.body) else {
        // It answers well and speaks of something else: the page on which people log in, or another service.
        return (Outcome::Misconfigured, None);
    };
    if bulk.items.len() != sent {
        // Some receivers answer once for all. Where something went wrong it is not known with what.
        return (if bulk.errors { Outcome::Refused } else { Outcome::Delivered }, None);
    }
    let mut sorted = Sorted::default();
    for (index, item) in bulk.items.iter().enumerate() {
        sorted.add(index, &item.create);
    }
    let summary = sorted.summary();
    (sorted.outcome(sent, response), Some(summary))
}

/// Documents by what became of them.
#[derive(Default)]
struct Sorted {
    created: usize,
    there: usize,
    rejected: Vec<Rejection>,
    again: Vec<usize>,
    /// Those that were refused for what is wrong with the index or with us.
    barred: usize,
    /// What was said of the first of which anything bad was said.
    first: Option<String>,
}

impl Sorted {
    fn add(&mut self, index: usize, done: &Done) {
        match done.status {
            200..=299 => self.created += 1,
            // There already, under the same id.
            409 => self.there += 1,
            status => {
                let reason = told(done.error.as_ref(), status);
                self.first.get_or_insert_with(|| reason.clone());
                match status {
                    401 | 403 | 404 => self.barred += 1,
                    408 | 429 | 500.. => self.again.push(index),
                    _ => self.rejected.push(Rejection { index, reason }),
                }
            }
        }
    }

    fn summary(&self) -> String {
        let counts = [
            (self.created, "created"),
            (self.there, "there already"),
            (self.rejected.len(), "refused"),
            (self.again.len(), "to be sent again"),
            (self.barred, "not let in"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        let first = self.first.as_ref().map(|reason| format!("; {reason}"));
        format!("{}{}", counts.join(", "), first.unwrap_or_default())
    }

    fn outcome(self, sent: usize, response: &Response) -> Outcome {
        if self.barred > 0 {
            // The index is not there, is closed, or may not be written to: true for all that will come. Those of this
            // call that were created are found there the next time.
            return Outcome::Misconfigured;
        }
        match (self.rejected.is_empty(), self.again.len()) {
            (true, 0) => Outcome::Delivered,
            (true, count) if count == sent => Outcome::Retry { after: response.retry_after },
            _ => Outcome::Partial { rejected: self.rejected, again: self.again },
        }
    }
}

fn told(error: Option<&Trouble>, status: u16) -> String {
    let part = |text: Option<&String>| text.cloned().unwrap_or_default();
    match error {
        Some(error) => format!("{}: {}", part(error.r#type.as_ref()), part(error.reason.as_ref())),
        None => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn items(statuses: &[u16]) -> Outcome {
        let items: Vec<Value> = statuses
            .iter()
            .map(|status| match status {
                201 => json!({ "create": { "status": 201 } }),
                status => json!({ "create": { "status": status, "error": { "type": "t", "reason": "r" } } }),
            })
            .collect();
        of(&json!({ "errors": true, "items": items }), statuses.len())
    }

    fn of(body: &Value, sent: usize) -> Outcome {
        meaning(&Response { status: 200, body: body.to_string().into(), ..Response::default() }, sent).0
    }

    #[test]
    fn a_summary_says_how_many_and_why() {
        let error = json!({ "type": "t", "reason": "r" });
        let items = json!([
            { "create": { "status": 201 } }, { "create": { "status": 409, "error": error } },
            { "create": { "status": 400, "error": error } }, { "create": { "status": 503 } },
        ]);
        let body = json!({ "errors": true, "items": items }).to_string();
        let (_, summary) = meaning(&Response { status: 200, body: body.into(), ..Response::default() }, 4);
        assert_eq!(summary.unwrap(), "1 created, 1 there already, 1 refused, 1 to be sent again; t: r");
    }

    #[test]
    fn every_document_has_its_own_end() {
        assert_eq!(items(&[201, 409, 201]), Outcome::Delivered);
        assert_eq!(items(&[409, 409]), Outcome::Delivered);
        assert_eq!(items(&[429, 503]), Outcome::Retry { after: None });
        assert_eq!(items(&[201, 404]), Outcome::Misconfigured);
        assert_eq!(items(&[403]), Outcome::Misconfigured);
        assert_eq!(items(&[201, 429]), Outcome::Partial { rejected: vec![], again: vec![1] });
        let rejected = vec![Rejection { index: 1, reason: "t: r".to_owned() }];
        assert_eq!(items(&[429, 400, 201]), Outcome::Partial { rejected, again: vec![0] });
    }

    #[test]
    fn receivers_that_answer_once_for_all_are_understood() {
        assert_eq!(
            of(&json!({ "errors": false, "items": [{ "create": { "status": 200 } }] }), 5),
            Outcome::Delivered
        );
        assert_eq!(of(&json!({ "errors": false }), 5), Outcome::Delivered);
        assert_eq!(of(&json!({ "errors": true }), 5), Outcome::Refused);
        assert_eq!(of(&json!({ "hello": 1 }), 5), Outcome::Misconfigured);
    }
}
