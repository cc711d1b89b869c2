//! What blobs are judged by. The order: is the name taken; is too much unfinished; has the disk room; is the stamp there.

use crate::blobs::{BlobBegun, BlobHeader, BlobKept, KeepBlobRefused, StoredBlob};
use crate::rules::{Limit, Rules};

/// A whole file under a name that is taken: the same blob again, or another. None for a name that is free.
pub fn keep(before: Option<&StoredBlob>, header: &BlobHeader) -> Result<Option<BlobKept>, KeepBlobRefused> {
    match before {
        None => Ok(None),
        Some(b) if b.header == *header && b.whole => Ok(Some(BlobKept::Again { expires_at: b.expires_at })),
        Some(_) => Err(KeepBlobRefused::Conflict),
    }
}

/// The beginning of a large one, as [`keep`].
pub fn begin(before: Option<&StoredBlob>, header: &BlobHeader) -> Result<Option<BlobBegun>, KeepBlobRefused> {
    match before {
        None => Ok(None),
        Some(b) if b.header == *header => Ok(Some(BlobBegun::Again)),
        Some(_) => Err(KeepBlobRefused::Conflict),
    }
}

/// Unfinished blobs that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// how many
    pub count: u64,
    /// bytes that they will have
    pub bytes: u64,
}

impl Unfinished {
    /// Whether one more may begin.
    pub fn room(self, size: u64, rules: &Rules) -> Result<(), KeepBlobRefused> {
        if self.count >= u64::from(rules.max_unfinished_uploads) {
            return Err(KeepBlobRefused::beyond(Limit::MaxUnfinishedUploads, rules.max_unfinished_uploads.into()));
        }
        if self.bytes.saturating_add(size) > rules.max_unfinished_bytes {
            return Err(KeepBlobRefused::beyond(Limit::MaxUnfinishedBytes, rules.max_unfinished_bytes));
        }
        Ok(())
    }
}

/// Whether all blobs together may have so many bytes more.
pub fn disk(bytes: u64, size: u64, rules: &Rules) -> Result<(), KeepBlobRefused> {
    if bytes.saturating_add(size) > rules.max_blob_disk_bytes {
        return Err(KeepBlobRefused::beyond(Limit::MaxBlobDiskBytes, rules.max_blob_disk_bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::FileName;
    use lacre_ground::ids::{BlobId, TokenHash};
    use lacre_ground::time::Millis;

    fn stored(whole: bool) -> StoredBlob {
        let header = BlobHeader { blob: BlobId::new([1; 32]), read: TokenHash::new([2; 32]), size: 9, sha256: [3; 32] };
        StoredBlob { header, file: FileName::new([4; 16]), expires_at: Millis::new(5), whole }
    }

    #[test]
    fn a_name_that_is_taken_is_the_same_blob_again_or_a_conflict() {
        let (whole, unfinished) = (stored(true), stored(false));
        let (header, other) = (whole.header, BlobHeader { size: 8, ..whole.header });

        assert_eq!((keep(None, &header), begin(None, &header)), (Ok(None), Ok(None)));
        assert_eq!(keep(Some(&whole), &header), Ok(Some(BlobKept::Again { expires_at: Millis::new(5) })));
        assert_eq!(keep(Some(&unfinished), &header), Err(KeepBlobRefused::Conflict));
        assert_eq!(begin(Some(&whole), &header), Ok(Some(BlobBegun::Again)));
        assert_eq!(begin(Some(&unfinished), &header), Ok(Some(BlobBegun::Again)));
        assert_eq!(keep(Some(&whole), &other), Err(KeepBlobRefused::Conflict));
        assert_eq!(begin(Some(&unfinished), &other), Err(KeepBlobRefused::Conflict));
    }

    #[test]
    fn at_each_limit_it_is_taken_and_above_refused() {
        let rules = Rules { max_unfinished_uploads: 3, max_unfinished_bytes: 20, max_blob_disk_bytes: 50, ..Rules::default() };
        let beyond = |limit, value| Err(KeepBlobRefused::beyond(limit, value));

        assert_eq!(Unfinished { count: 2, bytes: 15 }.room(5, &rules), Ok(()));
        assert_eq!(Unfinished { count: 3, bytes: 19 }.room(5, &rules), beyond(Limit::MaxUnfinishedUploads, 3), "number first");
        assert_eq!(Unfinished { count: 2, bytes: 15 }.room(6, &rules), beyond(Limit::MaxUnfinishedBytes, 20));
        assert_eq!(disk(40, 10, &rules), Ok(()));
        assert_eq!(disk(40, 11, &rules), beyond(Limit::MaxBlobDiskBytes, 50));
        assert!(disk(u64::MAX, 1, &rules).is_err());
    }
}
