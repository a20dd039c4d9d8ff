//! `tallystick reconcile`: a copy of events against the log that they are from.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    client::{Client, Connection},
    exit::{Advice, Exit},
    output::{self, Style, print},
    reconcile::{
        Bounds, Task,
        source::{Bucket, BucketPlace, Search, SearchPlace, Source},
        stream::Stream,
    },
};

/// Findings of one kind that are listed unless more or fewer are asked for.
const LIMIT_DEFAULT: usize = 20;

const EXAMPLES: &str = "\
Examples:
  tallystick reconcile export.ndjson.gz
  tallystick reconcile --stream stream_0199a8b2c3d4 /var/log/audit-copy
  tallystick reconcile --org acme --from-seq 0 --to-seq 100000 copy-1.jsonl copy-2.jsonl.zst
  zcat copy.gz | tallystick reconcile --output json -
  tallystick reconcile --stream stream_0199a8b2c3d4 --s3 s3://example-audit/prod --region eu-central-1
  tallystick reconcile --s3 s3://audit --endpoint https://minio.example.com:9000
  tallystick reconcile --elasticsearch https://es.example.com:9200 --index 'logs-tallystick.audit-*'

The key needs the scopes events:read and integrity:read, and streams:write for --stream. Credentials of a bucket are
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, those of Elasticsearch and OpenSearch
ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.
The exit code is 0 if the copy has what the log has, 5 if something is missing, changed, unknown or out of order.";

/// How the result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportOutput {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReconcileArgs {
    /// Files of records, or folders of them; gzip and zstd are unpacked; - is standard input.
    #[arg(value_name = "COPY", required_unless_present_any = ["s3", "elasticsearch"])]
    copy: Vec<PathBuf>,
    /// The copy is below a prefix of a bucket: s3://BUCKET/PREFIX.
    #[arg(long, value_name = "URL", conflicts_with_all = ["copy", "elasticsearch"])]
    s3: Option<String>,
    /// Where the bucket's store is, if it is not Amazon's.
    #[arg(long, value_name = "URL", requires = "s3")]
    endpoint: Option<String>,
    /// The bucket's region; AWS_REGION otherwise, or us-east-1.
    #[arg(long, requires = "s3")]
    region: Option<String>,
    /// The copy is in Elasticsearch or OpenSearch at this address.
    #[arg(long, value_name = "URL", conflicts_with = "copy", requires = "index")]
    elasticsearch: Option<String>,
    /// The index, several with commas, or a pattern.
    #[arg(long, requires = "elasticsearch")]
    index: Option<String>,
    /// Which documents: a query as JSON, or in Lucene's syntax. Without it, all of the index.
    #[arg(long, value_name = "QUERY", requires = "elasticsearch")]
    query: Option<String>,
    /// File with root certificates (PEM) of the bucket or the index that are trusted besides the system's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Only the log of this organization. Without it, all that the copy names.
    #[arg(long, env = "TALLYSTICK_ORG")]
    org: Option<String>,
    /// The stream that has made the copy: what it does not send is not missing, what it masks is not compared, and
    /// what it could not send is named.
    #[arg(long, value_name = "ID")]
    stream: Option<String>,
    /// Look from this seq on. Without it, from the first one of the copy.
    #[arg(long, value_name = "SEQ", conflicts_with = "from")]
    from_seq: Option<u64>,
    /// Look up to this seq, not including it. Without it, to the last one of the copy, or to where the stream is.
    #[arg(long, value_name = "SEQ", conflicts_with = "to")]
    to_seq: Option<u64>,
    /// Look at what was taken in from this time on (RFC 3339, or a date in UTC).
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Look at what was taken in before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Members of records that are not compared, such as labels.cluster,tags: what a pipeline adds on the way.
    #[arg(long, value_delimiter = ',', value_name = "MEMBERS")]
    except: Vec<String>,
    /// Findings of one kind that are listed. As JSON there are always up to 10,000.
    #[arg(long, default_value_t = LIMIT_DEFAULT)]
    limit: usize,
    /// How the result is told.
    #[arg(long, value_enum, default_value = "text")]
    output: ReportOutput,
    #[command(flatten)]
    connection: Connection,
}

impl ReconcileArgs {
    fn source(&self) -> anyhow::Result<Source> {
        let ca_pem = self
            .ca_file
            .as_ref()
            .map(|file| fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())));
        let ca_pem = ca_pem.transpose()?;
        if let Some(url) = &self.s3 {
            let (endpoint, region) = (self.endpoint.as_deref(), self.region.as_deref());
            return Ok(Source::Bucket(Bucket::new(BucketPlace { url, endpoint, region, ca_pem })?));
        }
        if let Some(url) = &self.elasticsearch {
            let index = self.index.as_deref().unwrap_or_default();
            let place = SearchPlace { url, index, query: self.query.as_deref(), ca_pem };
            return Ok(Source::Search(Box::new(Search::new(place)?)));
        }
        if let Some(path) = self.copy.iter().find(|path| path.as_os_str() != "-" && !path.exists()) {
            let help = "name a file, a folder, or - for standard input";
            return Err(Advice::usage(format!("{} is not there", path.display()), help));
        }
        Ok(Source::Files(self.copy.clone()))
    }

    fn bounds(&self) -> anyhow::Result<Bounds> {
        let (from_seq, to_seq) = (self.from_seq, self.to_seq);
        if from_seq.zip(to_seq).is_some_and(|(from, to)| from > to) {
            return Err(Advice::usage(
                "the range ends before it begins",
                "--to-seq is larger than --from-seq",
            ));
        }
        let ms = |time: &Option<String>| time.as_deref().map(time_ms).transpose();
        Ok(Bounds { from_seq, to_seq, from_ms: ms(&self.from)?, to_ms: ms(&self.to)? })
    }
}

/// Unix ms of a time, or of the beginning of a day in UTC.
fn time_ms(text: &str) -> anyhow::Result<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    day.map(|day| day.timestamp().as_millisecond()).ok_or_else(|| {
        Advice::usage(format!("{text:?} is not a time"), "times are 2026-11-20T10:00:00Z or 2026-11-20")
    })
}

/// Compares, and tells what differs.
pub(crate) async fn run(args: ReconcileArgs) -> anyhow::Result<Exit> {
    let (source, bounds) = (args.source()?, args.bounds()?);
    let client = Client::new(&args.connection)?;
    let stream = match &args.stream {
        Some(id) => Some(Stream::find(&client, id).await?),
        None => None,
    };
    let task = Task { client, source, org: args.org, stream, bounds, except: args.except };
    let report = crate::reconcile::run(task).await?;
    if report.is_empty() {
        return Err(Advice {
            message: "there is no record of a log in the copy".to_owned(),
            help: "name the right files, or say with --org and --to-seq what should be there".to_owned(),
            exit: Exit::Failed,
        }
        .into());
    }
    match args.output {
        ReportOutput::Json => print(report.to_json())?,
        ReportOutput::Text => report.write(&mut output::stdout(), Style::of_stdout(), args.limit)?,
    }
    Ok(if report.is_equal() { Exit::Done } else { Exit::Findings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_days() {
        assert_eq!(time_ms("1970-01-02").unwrap(), 86_400_000);
        assert_eq!(time_ms("1970-01-01T00:00:01.5Z").unwrap(), 1_500);
        assert_eq!(time_ms("1970-01-01T01:00:00+01:00").unwrap(), 0);
        assert!(time_ms("yesterday").is_err());
    }
}
