//! A batch as one file for the officials who approve it: text, template, every row and every attachment. Whoever reads it computes
//! what she would sign from what she sees, and believes nothing else in it.
//!
//! | line | |
//! |---|---|
//! | first | the batch's text, its template, the files that every row has |
//! | then | the rows in their order, without postal addresses |
//! | then | the bytes of attachments, those that are handed on with it |
//!
//! Each line is an object of JSON, so that a file of any length is written and read line by line.

mod look;
mod write;

pub use look::{Looked, PackageFault, Seen, look};
pub use write::{Packed, RowFiles};

use crate::batch::Attachment;
use crate::template::TemplateRow;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a package.
pub const MAX_PACKAGE: u64 = 100 << 20;
/// The first word of its first line.
const KIND: &str = "lacre batch package v1";

/// Its first line.
#[derive(Serialize, Deserialize)]
struct Head {
    kind: String,
    batch: String,
    template: Option<TemplateLines>,
    files: Vec<FileLine>,
}

/// The template, whole.
#[derive(Serialize, Deserialize)]
struct TemplateLines {
    row: TemplateRow,
    body: String,
}

/// A file by its digest.
#[derive(Serialize, Deserialize)]
struct FileLine {
    name: String,
    media: String,
    len: u64,
    sha256: String,
}

impl FileLine {
    fn of(file: &Attachment) -> Self {
        let Attachment { name, media, len, sha256 } = file.clone();
        Self { name, media, len, sha256: HEXLOWER.encode(&sha256) }
    }
    fn attachment(self) -> Option<Attachment> {
        let sha256 = HEXLOWER.decode(self.sha256.as_bytes()).ok()?.try_into().ok()?;
        Some(Attachment { name: self.name, media: self.media, len: self.len, sha256 })
    }
}

/// A row, or the bytes of a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Row(Box<RowLine>),
    File { sha256: String, base64: String },
}

/// A row.
#[derive(Serialize, Deserialize)]
struct RowLine {
    id: String,
    line: u64,
    run: String,
    case: String,
    procedure: Option<String>,
    values: BTreeMap<String, String>,
    written: Option<TemplateRow>,
    uris: Vec<String>,
    standing: String,
    files: Vec<FileLine>,
}
