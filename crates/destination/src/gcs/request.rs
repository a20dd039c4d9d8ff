//! Requests of the JSON API of Cloud Storage.

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;

use crate::object::{Meta, NewObject, escaped};

/// What every object of a destination gets.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    pub(super) storage_class: Option<String>,
    pub(super) kms_key: Option<String>,
    /// Mode and days.
    pub(super) retention: Option<(String, i64)>,
}

/// Where a bucket's objects are asked for.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) endpoint: Url,
    pub(super) bucket: String,
}

impl Place {
    /// The URL of an upload; `is_new`: only if there is no object of that key.
    pub(super) fn upload(&self, key: &str, is_new: bool, kms_key: Option<&str>) -> Url {
        let mut query = format!("uploadType=multipart&name={}", escaped(key, b""));
        if is_new {
            // No generation of it may exist.
            query.push_str("&ifGenerationMatch=0");
        }
        if let Some(kms_key) = kms_key {
            query.push_str("&kmsKeyName=");
            query.push_str(&escaped(kms_key, b""));
        }
        self.url(&format!("upload/storage/v1/b/{}/o", escaped(&self.bucket, b"")), &query)
    }

    /// The URL of an object.
    pub(super) fn object(&self, key: &str, query: &str) -> Url {
        self.url(&format!("storage/v1/b/{}/o/{}", escaped(&self.bucket, b""), escaped(key, b"")), query)
    }

    /// The URL of a page of a listing.
    pub(super) fn list(&self, prefix: &str, from: Option<&str>, keys_max: usize) -> Url {
        let mut query =
            format!("prefix={}&maxResults={keys_max}&fields=items(name),nextPageToken", escaped(prefix, b""));
        if let Some(token) = from {
            query.push_str("&pageToken=");
            query.push_str(&escaped(token, b""));
        }
        self.url(&format!("storage/v1/b/{}/o", escaped(&self.bucket, b"")), &query)
    }

    /// The URL that says which of these permissions we have on the bucket; asking needs none.
    pub(super) fn permissions(&self, permission: &str) -> Url {
        let path = format!("storage/v1/b/{}/iam/testPermissions", escaped(&self.bucket, b""));
        self.url(&path, &format!("permissions={permission}"))
    }

    fn url(&self, path: &str, query: &str) -> Url {
        let mut url = self.endpoint.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url.set_query(Some(query));
        url
    }
}

/// The body of an upload and its content type: what is to be kept with the object, and the object (RFC 2387).
pub(super) fn multipart(object: &NewObject, extras: &Extras, retain_until: Option<&str>) -> (String, Bytes) {
    let mut about = json!({
        "contentType": object.content_type,
        "md5Hash": BASE64.encode(Md5::digest(&object.bytes)),
        "metadata": object.meta,
    });
    if let Some(class) = &extras.storage_class {
        about["storageClass"] = class.as_str().into();
    }
    if let (Some((mode, _)), Some(until)) = (&extras.retention, retain_until) {
        about["retention"] = json!({ "mode": mode, "retainUntilTime": until });
    }
    // The hash of the bytes cannot stand in them.
    let boundary = format!("tallystick-{}", &hex::encode(Sha256::digest(&object.bytes))[..32]);
    let mut body = Vec::with_capacity(object.bytes.len() + 1_024);
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{about}\r\n--{boundary}\r\nContent-Type: \
         {}\r\n\r\n",
        object.content_type
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&object.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/related; boundary={boundary}"), body.into())
}

/// What is kept with an object, of its resource.
pub(super) fn meta(resource: &serde_json::Value) -> Meta {
    let pairs = resource["metadata"].as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_part_of_the_url() {
        let place =
            Place { endpoint: "https://storage.example/base/".parse().unwrap(), bucket: "b".to_owned() };
        assert_eq!(
            place.upload("p/org=%2E a", true, Some("projects/x")).as_str(),
            "https://storage.example/base/upload/storage/v1/b/b/o?uploadType=multipart&name=p%2Forg%3D%252E%20a\
             &ifGenerationMatch=0&kmsKeyName=projects%2Fx"
        );
        assert_eq!(
            place.object("a/../b?", "alt=media").as_str(),
            "https://storage.example/base/storage/v1/b/b/o/a%2F..%2Fb%3F?alt=media"
        );
    }

    #[test]
    fn a_body_has_two_parts_and_is_the_same_every_time() {
        let object = NewObject {
            key: "k".to_owned(),
            bytes: Bytes::from_static(b"lines"),
            content_type: "application/gzip",
            meta: Meta::from([("batch-id".to_owned(), "1".to_owned())]),
        };
        let extras = Extras { retention: Some(("Locked".to_owned(), 1)), ..Extras::default() };
        let (kind, body) = multipart(&object, &extras, Some("2026-11-23T00:00:00Z"));
        assert_eq!((kind.clone(), body.clone()), multipart(&object, &extras, Some("2026-11-23T00:00:00Z")));
        let boundary = kind.split_once("boundary=").unwrap().1;
        let text = String::from_utf8(body.to_vec()).unwrap();
        let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
        assert_eq!((parts.len(), parts[0], parts[3]), (4, "", "--\r\n"));
        assert!(
            parts[1].contains(r#""metadata":{"batch-id":"1"}"#) && parts[1].contains(r#""mode":"Locked""#)
        );
        assert_eq!(parts[2], "\r\nContent-Type: application/gzip\r\n\r\nlines\r\n");
    }
}
