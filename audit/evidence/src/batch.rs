//! A batch: what officials approve before a body sends it. One text binds all of it: the rule, when it may go, and by one root
//! every row. FORMAT.md, "Batches and approvals".
//!
//! A *row* is what N will say of one person whatever the registrar answers; its *leaf* is a hash over it. The rows' tree is that of
//! RFC 9162, 2.1, with labels of ours in the place of its first bytes: a leaf is never taken for a node.
//!
//! The id of a row's notice is random: it is what keeps a row's leaf, which stands beside its neighbours in their evidence, from
//! being guessed by who knows the text and tries all RUNs.

mod tree;

pub use tree::{BLOCK, Roots, Streamed, root, root_of};

use super::fields;
use super::notice::{Act, Notice, Standing, TextRef};
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, BatchId, NoticeId};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{Lines, NoteError};
use lacre_ground::run::Run;
use lacre_ground::time::Millis;

/// Most rows that a batch can have; a body's program may stop far below.
pub const MAX_ROWS: u32 = 1_000_000;

/// The text that is approved. It is no note: approvals name its [`digest`](BatchText::digest), and these are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchText {
    /// its id
    pub id: BatchId,
    /// the body
    pub agency: AgencyCode,
    /// when it was drafted
    pub made_at: Millis,
    /// office account of the official who drafted it, whose own signature stands beside those of approvers; none where the body's
    /// own program did, which nobody signs for
    pub drafter: Option<AccountId>,
    /// the rule that the body holds to be the law
    pub rule: TextRef,
    /// the calendar that it counts with
    pub calendar: TextRef,
    /// no notice of it is made before
    pub not_before: Millis,
    /// nor after
    pub not_after: Millis,
    /// how many rows, 1 to [`MAX_ROWS`]
    pub rows: u32,
    /// root of their leaves, in their order
    pub root: [u8; 32],
}

const KIND: &str = "lacre batch v1";

impl BatchText {
    /// As it stands in a bundle.
    #[must_use]
    pub fn text(&self) -> String {
        let drafter = fields::or_none(self.drafter.as_ref().map(AccountId::as_bytes));
        format!(
            "{KIND}\nid {}\nagency {}\nmade {}\ndrafter {drafter}\nrule {}\ncalendar {}\nnot-before {}\nnot-after {}\nrows {} {}\n",
            self.id,
            self.agency,
            self.made_at,
            self.rule.text(),
            self.calendar.text(),
            self.not_before,
            self.not_after,
            self.rows,
            HEXLOWER.encode(&self.root),
        )
    }
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text);
        lines.exactly(KIND)?;
        let time = |lines: &mut Lines<'_>, key| lines.parsed(key, |v| Millis::parse(v).ok());
        let id = lines.parsed("id", |v| BatchId::from_hex(v).ok())?;
        let agency = lines.parsed("agency", AgencyCode::parse)?;
        let made_at = time(&mut lines, "made")?;
        let drafter = lines.parsed("drafter", fields::hex32_or_none)?.map(AccountId::new);
        let rule = lines.parsed("rule", TextRef::parse)?;
        let calendar = lines.parsed("calendar", TextRef::parse)?;
        let not_before = time(&mut lines, "not-before")?;
        let not_after = time(&mut lines, "not-after")?;
        let (rows, root) = lines.parsed("rows", rows_line)?;
        lines.end()?;
        Ok(Self { id, agency, made_at, drafter, rule, calendar, not_before, not_after, rows, root })
    }
    /// What approvals sign.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        label::hash(Label::BatchDigest, &[self.text().as_bytes()])
    }
    /// May a notice of it be made then?
    #[must_use]
    pub fn covers(&self, at: Millis) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

fn rows_line(text: &str) -> Option<(u32, [u8; 32])> {
    let (rows, root) = text.split_once(' ')?;
    let rows = u32::try_from(fields::number(rows)?).ok().filter(|n| (1..=MAX_ROWS).contains(n))?;
    Some((rows, fields::hex32(root)?))
}

/// A file of a row, as N will name it but for the digest of its sealed bytes, which the notice's seed decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFile<'a> {
    /// SHA-256 of the file
    pub sha256: [u8; 32],
    /// its bytes
    pub len: u64,
    /// media type
    pub media: &'a str,
    /// file name without folders
    pub name: &'a str,
}

/// What N will say of one person whatever the registrar answers.
#[derive(Clone)]
pub struct Row<'a> {
    /// the notice's id: random, see above
    pub id: NoticeId,
    /// to whom
    pub run: Run,
    /// what it is beside other notices
    pub standing: Standing,
    /// whether it names a channel where devices answer
    pub answers: bool,
    /// type of act, and term
    pub act: Act,
    /// case file (IUIe)
    pub case: &'a str,
    /// procedure
    pub procedure: &'a str,
    /// subject
    pub subject: &'a str,
    /// description
    pub description: &'a str,
    /// persistent URIs
    pub uris: Vec<&'a str>,
    /// the body, then attachments
    pub files: Vec<RowFile<'a>>,
}

impl<'a> Row<'a> {
    /// What a notice says of its row.
    #[must_use]
    pub fn of(notice: &'a Notice) -> Self {
        let file = |f: &'a super::notice::FileEntry| RowFile { sha256: f.sha256, len: f.len, media: &f.media, name: &f.name };
        Self {
            id: notice.id,
            run: notice.run,
            standing: notice.standing,
            answers: notice.return_channel.is_some(),
            act: notice.act,
            case: &notice.case,
            procedure: &notice.procedure,
            subject: &notice.subject,
            description: &notice.description,
            uris: notice.uris.iter().map(String::as_str).collect(),
            files: notice.files.iter().map(file).collect(),
        }
    }

    /// Its leaf, at this place among the rows, 0 first. No two rows have one, whatever stands in their fields.
    #[must_use]
    pub fn leaf(&self, index: u32) -> [u8; 32] {
        let (kind, term) = self.act.words();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
        let (index, uris) = (index.to_be_bytes(), count(self.uris.len()));
        let (run, standing) = (self.run.canonical(), self.standing.text());
        let answers: &[u8] = if self.answers { b"yes" } else { b"no" };
        let mut parts: Vec<&[u8]> = vec![&index, self.id.as_bytes(), run.as_bytes(), standing.as_bytes(), answers];
        parts.extend([kind, &term, self.case, self.procedure, self.subject, self.description].map(str::as_bytes));
        parts.push(&uris);
        parts.extend(self.uris.iter().map(|uri| uri.as_bytes()));
        let lengths: Vec<[u8; 8]> = self.files.iter().map(|f| f.len.to_be_bytes()).collect();
        for (file, len) in self.files.iter().zip(&lengths) {
            parts.extend([file.sha256.as_slice(), len, file.media.as_bytes(), file.name.as_bytes()]);
        }
        label::hash(Label::BatchRow, &parts)
    }
}

#[cfg(test)]
mod tests;
