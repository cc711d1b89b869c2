//! A database that went back: a failover lost what was acknowledged, or an earlier time was put there.
//!
//! A relay knows the number of the last batch that it acknowledged, and finds it in its row when it locks that. One that is less
//! says that the database forgot: before anything else is written it gets a new generation, so that clients put back what they hold
//! (I7), and what was deleted is deleted again ([`crate::again`]). Of several relays that notice, the first does it. The number is written to a file, too, after each batch: so a relay that ended
//! meanwhile notices at its next start.

use crate::batch::Work;
use crate::sql::{Cells as _, Conn, Sql, int, one, params, run};
use crate::{OpenError, batch, reads};
use lacre_ground::ids::Generation;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

/// Rows of processes are removed after 30 days ([`batch`]): of an older file nothing is concluded.
const CERTAIN: Duration = Duration::from_secs(29 * 24 * 60 * 60);

impl Work {
    /// Gives the database that lacks what this process acknowledged a new generation, unless another relay has; and this process's
    /// row the number again, so that it is said once.
    pub(crate) fn forgot(&mut self, found: u64) -> Sql<()> {
        self.conn.simple("BEGIN")?;
        let sql = "UPDATE relay SET batch = greatest(batch, $2) WHERE relay = $1";
        run(&self.conn, sql, params![batch::name(&self.relay), int(self.acked)])?;
        let renewed = self.begin_anew()?;
        self.conn.simple("COMMIT")?;
        self.generation = reads::generation(&self.conn)?;
        tracing::error!(
            acknowledged = self.acked,
            found,
            by_another_relay = !renewed,
            "THE DATABASE WENT BACK: it does not have what this relay acknowledged. It has a new generation, so that clients put back \
             what they hold; if it was a mistake, stop the relays and put the right one there"
        );
        Ok(())
    }

    /// The same for whoever knows otherwise that the database went back. Its generation.
    pub(crate) fn anew(&mut self) -> Sql<Generation> {
        self.conn.simple("BEGIN")?;
        self.begin_anew()?;
        self.conn.simple("COMMIT")?;
        self.generation = reads::generation(&self.conn)?;
        Ok(self.generation)
    }
}

/// Where a process writes the number of its newest batch.
pub(crate) struct Numbers {
    file: File,
    relay: [u8; 16],
}

impl Numbers {
    /// Of the process that is in this file: whether the database is behind it. If not, the file is this process's; else it is once
    /// the database has another generation, so that whoever is killed before notices it again.
    pub(crate) fn take_over(path: &Path, relay: [u8; 16], conn: &Conn) -> Result<(Self, bool), OpenError> {
        let said = |e: io::Error| OpenError::File { path: path.to_owned(), cause: e.to_string() };
        let file = File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(path).map_err(said)?;
        let old = file.metadata().and_then(|about| about.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age > CERTAIN));
        let mut text = [0; LENGTH];
        let before = file.read_exact_at(&mut text, 0).ok().and_then(|()| parse(&text)).filter(|_| !old);
        let behind = match before {
            None => false,
            Some((before, acked)) => {
                let sql = "SELECT batch FROM relay WHERE relay = $1";
                acked > one(conn, sql, params![batch::name(&before)], |r| r.number(0))?.unwrap_or(0)
            }
        };
        let numbers = Self { file, relay };
        if !behind {
            numbers.write(0).map_err(said)?;
        }
        Ok((numbers, behind))
    }

    /// After an end of the process it is there; after a power cut an earlier one may be.
    fn write(&self, number: u64) -> io::Result<()> {
        self.file.write_all_at(format!("{:032x} {number:020}\n", u128::from_be_bytes(self.relay)).as_bytes(), 0)
    }

    pub(crate) fn acknowledged(&self, number: u64) {
        if let Err(e) = self.write(number) {
            tracing::warn!(cause = %e, "the number of a batch was not written down");
        }
    }
}

/// Of the one line of the file: 32 hexadecimal digits, a space, 20 digits, a line's end.
const LENGTH: usize = 32 + 1 + 20 + 1;

fn parse(text: &[u8]) -> Option<([u8; 16], u64)> {
    let (relay, number) = std::str::from_utf8(text).ok()?.strip_suffix('\n')?.split_once(' ')?;
    Some((u128::from_str_radix(relay, 16).ok()?.to_be_bytes(), number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_written_is_read_and_anything_else_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("batch")).unwrap();
        let numbers = Numbers { file, relay: [3; 16] };
        for number in [7, u64::MAX] {
            numbers.write(number).unwrap();
            let text = std::fs::read(folder.path().join("batch")).unwrap();
            assert_eq!((text.len(), parse(&text)), (LENGTH, Some(([3; 16], number))));
        }
        assert_eq!([parse(b""), parse(b"00 1"), parse(&[b'z'; LENGTH])], [None; 3]);
    }
}
