//! Moving the store of a data folder into a database, its relay stopped: carried, then compared, then told.
//!
//! | step | cut off there |
//! |---|---|
//! | the database says that it is being moved into, and of which store | it serves nobody; the folder's store is served as before |
//! | the folder says that its store is being moved ([`crate::moved`]) | neither is served; `move` goes on |
//! | rows, table by table; each is put once, in the order of its table's keys | behind the greatest key that is there |
//! | generation, newest accept time, numbers that are given once; files of blobs, where they lie elsewhere | done again |
//! | compared, as it was read back: rows of each table, what readers see of each channel's end, the numbers that never go back | done again |
//! | the database is whole; then the folder says so | the folder says it when `move` is run again |
//!
//! Nothing in the folder but that mark is made or changed.

use crate::blob_files::{BLOBS_FOLDER, digest_of};
use crate::deletions::{self, RESTORED_FILE};
use crate::folder::{DataFolder, KeyPlaces, POSTGRES_FILE, STORE_FILE, StartError};
use crate::identity::IdentityKey;
use crate::moved::Moved;
use crate::newest::{self, Before, Found};
use crate::run_key::RunKey;
use lacre_ground::ids::{ChannelId, Generation, Seq};
use lacre_store::channels::{ChannelKey, PageLimits};
use lacre_store::moving::{Cell, Row, Rows, TABLES, Table, each};
use lacre_store::{ChannelReads, Marks, Reads as _, StoreDown};
use lacre_store_postgres::{Arriving, ArrivingError, PgOptions};
use lacre_store_sqlite::moving::{Leaving, LeavingError};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Why a store was not moved, or not wholly. What is said of the database may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// As at a start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The folder's store is not opened.
    #[error(transparent)]
    Leaving(#[from] LeavingError),
    /// The database takes nothing.
    #[error(transparent)]
    Arriving(#[from] ArrivingError),
    /// The folder's store is not what it was when it was seen last, or was put back: a start of its relay puts that right first.
    #[error("the store went back, and no relay has been told")]
    WentBack,
    /// Rows that cannot be read.
    #[error("{table} cannot be read: {cause}")]
    Damaged {
        /// of which table
        table: &'static str,
        /// what the engine said
        cause: String,
        /// whose entries, and how many, as far as that can be found
        channels: Vec<(ChannelId, u64)>,
    },
    /// The database is away, or takes a row that stands in the folder's store not for one.
    #[error("{table} was not written: {cause}")]
    Refused {
        /// of which table
        table: &'static str,
        /// what the engine said
        cause: StoreDown,
    },
    /// What was read back is not what was sent.
    #[error("{0} is not in the database as it is in the folder")]
    Differs(&'static str),
    /// No replica has the last of it.
    #[error("no replica has all of it")]
    Unreplicated,
    /// Something of it cannot be read.
    #[error(transparent)]
    Down(#[from] StoreDown),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// which
        path: PathBuf,
        /// what the system said
        source: io::Error,
    },
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// rows are put
    Rows,
    /// files of blobs are copied
    Files,
    /// all of it is read and compared
    Compared,
}

/// What was moved of a table.
#[derive(Debug)]
pub struct Carried {
    /// its name
    pub table: &'static str,
    /// how many
    pub rows: u64,
    /// of all of them, in whatever order
    pub digest: [u8; 32],
}

/// What was moved.
#[derive(Debug)]
pub struct Done {
    /// the store's, the same as before
    pub generation: Generation,
    /// each table; none when it had been moved before
    pub tables: Vec<Carried>,
    /// blobs that had no file, or another, before
    pub lost_blobs: u64,
    /// it had been moved before
    pub before: bool,
}

/// Moves the store of this folder into this database, or goes on with that. Tells `watch` the stage, how much of it is done, and
/// how much there is.
pub fn move_store(
    data: &Path,
    places: &KeyPlaces,
    postgres: &PgOptions,
    watch: &mut dyn FnMut(Stage, u64, u64),
) -> Result<Done, MoveError> {
    let folder = DataFolder::find(data)?;
    let store = data.join(STORE_FILE);
    if data.join(POSTGRES_FILE).exists() && Moved::read(data).is_none() || !store.is_file() {
        return Err(StartError::StoreElsewhere(data.to_owned()).into());
    }
    let leaving = Leaving::open(&store)?;
    let (marks, generation) = (leaving.marks()?, leaving.generation());
    let identity = keys(&folder, places, &leaving)?;
    let moved = Moved::read(data);
    if moved.is_none() {
        is_what_it_was(data, &store, &places.identity(data), &leaving, marks)?;
    }
    let (arriving, whole) =
        Arriving::begin(postgres, generation, &marks, identity.public().as_bytes(), moved == Some(Moved::Whole))?;
    let at = |source| MoveError::File { path: data.to_owned(), source };
    let database = &postgres.database;
    if whole && moved.is_none() {
        // the mark was taken away: the folder's store may have been served since
        return Err(ArrivingError::Holds("moved").into());
    }
    if whole {
        // it was cut off when only the folder had to be told
        finish(&arriving, data, database, generation, marks)?;
        return Ok(Done { generation, tables: Vec::new(), lost_blobs: 0, before: true });
    }
    Moved::UnderWay.write(data, database).map_err(at)?;
    carry(&leaving, &arriving, watch)?;
    let numbered = TABLES.iter().filter(|table| table.numbered);
    let given: Vec<(&Table, u64)> = numbered.map(|t| Ok((t, leaving.given(t)?))).collect::<Result<_, StoreDown>>()?;
    arriving.settle(&marks, &given)?;
    let lost_blobs = files(&leaving, &data.join(BLOBS_FOLDER), postgres.shared_blobs.as_deref(), watch)?;
    if let Some(shared) = &postgres.shared_blobs {
        // of several relays it lies in the folder of their blobs
        deletions::carry(data, shared).map_err(|source| MoveError::File { path: shared.clone(), source })?;
    }
    let tables = compare(&leaving, &arriving, &marks, watch)?;
    finish(&arriving, data, database, generation, marks)?;
    Ok(Done { generation, tables, lost_blobs, before: false })
}

fn finish(arriving: &Arriving, data: &Path, database: &str, generation: Generation, marks: Marks) -> Result<(), MoveError> {
    let at = |source| MoveError::File { path: data.to_owned(), source };
    // before anybody may serve the database: whoever goes back to the folder later goes back
    newest::leaves(data, generation, marks).map_err(at)?;
    if !arriving.done()? {
        return Err(MoveError::Unreplicated);
    }
    Moved::Whole.write(data, database).map_err(at)
}

/// The keys with which it was served: whoever starts on the database needs them.
fn keys(folder: &DataFolder, places: &KeyPlaces, leaving: &Leaving) -> Result<IdentityKey, MoveError> {
    let (identity, run) = (places.identity(folder.path()), places.run(folder.path()));
    let Some(known) = leaving.run_key_check()? else { return Err(StartError::NoRelay(folder.path().to_owned()).into()) };
    if !identity.exists() {
        return Err(StartError::IdentityMissing(identity).into());
    }
    if !run.exists() {
        return Err(StartError::RunKeyMissing(run).into());
    }
    if RunKey::load(&run, folder.path()).map_err(StartError::from)?.check() != known {
        return Err(StartError::OtherRunKey(run).into());
    }
    Ok(IdentityKey::load(&identity).map_err(StartError::from)?)
}

/// A store that went back is told so when its relay starts, and gets another generation: its clients would otherwise never learn it.
fn is_what_it_was(data: &Path, store: &Path, identity: &Path, leaving: &Leaving, marks: Marks) -> Result<(), MoveError> {
    let found = Found { generation: leaving.generation(), marks, served: true, behind: false };
    let went_back = newest::judged(data, Before::look(store, identity), &found).is_some();
    if went_back || data.join(RESTORED_FILE).exists() { Err(MoveError::WentBack) } else { Ok(()) }
}

/// A read of the folder's store that failed.
fn damaged(leaving: &Leaving, table: &Table, down: StoreDown) -> MoveError {
    let channels = if down.damaged { leaving.damaged() } else { Vec::new() };
    MoveError::Damaged { table: table.name, cause: down.cause, channels }
}

fn carry(leaving: &Leaving, arriving: &Arriving, watch: &mut dyn FnMut(Stage, u64, u64)) -> Result<(), MoveError> {
    let (mut all, mut done) = (0, 0);
    for table in TABLES {
        all += leaving.count(table).map_err(|down| damaged(leaving, table, down))?;
        done += arriving.about(table)?;
    }
    for table in TABLES {
        let refused = |cause| MoveError::Refused { table: table.name, cause };
        let mut last = arriving.last(table).map_err(refused)?;
        loop {
            let rows = leaving.rows(table, last.as_ref()).map_err(|down| damaged(leaving, table, down))?;
            let Some(end) = rows.last().cloned() else { break };
            arriving.put(table, &rows).map_err(refused)?;
            // what an earlier run put is known about only
            done = all.min(done + rows.len() as u64);
            watch(Stage::Rows, done, all);
            last = Some(end);
        }
    }
    Ok(())
}

/// The sum of the digests of a table's rows, which is the same in whatever order they are read.
#[derive(Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    words: [u64; 4],
}

impl Sum {
    fn add(&mut self, row: &Row) {
        let mut digest = Sha256::new();
        for cell in row {
            let (kind, bytes): (u8, &[u8]) = match cell {
                Cell::Nothing => (0, &[]),
                Cell::Number(n) => (1, &n.to_be_bytes()),
                Cell::Truth(yes) => (2, &[u8::from(*yes)]),
                Cell::Bytes(bytes) => (3, bytes),
                Cell::Text(text) => (4, text.as_bytes()),
            };
            digest.update([kind]);
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        self.rows += 1;
        for (word, more) in self.words.iter_mut().zip(digest.finalize().chunks_exact(8)) {
            *word = word.wrapping_add(more.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
        }
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.chunks_exact_mut(8).zip(self.words).for_each(|(to, word)| to.copy_from_slice(&word.to_be_bytes()));
        bytes
    }
}

fn compare(
    leaving: &Leaving,
    arriving: &Arriving,
    marks: &Marks,
    watch: &mut dyn FnMut(Stage, u64, u64),
) -> Result<Vec<Carried>, MoveError> {
    let all = TABLES.iter().map(|table| leaving.count(table)).sum::<Result<u64, StoreDown>>()?;
    let (mut seen, mut tables) = (0, Vec::new());
    for table in TABLES {
        let (mut here, mut there) = (Sum::default(), Sum::default());
        each(leaving, table, |row| here.add(row)).map_err(|down| damaged(leaving, table, down))?;
        each(arriving, table, |row| {
            there.add(row);
            seen += 1;
            if seen % 1_000 == 0 {
                watch(Stage::Compared, seen, all);
            }
        })?;
        if here != there || leaving.count(table)? != here.rows {
            return Err(MoveError::Differs(table.name));
        }
        tables.push(Carried { table: table.name, rows: here.rows, digest: here.bytes() });
    }
    watch(Stage::Compared, all, all);
    ends(leaving, arriving)?;
    if arriving.generation()? != leaving.generation() || arriving.reads().marks()? != *marks {
        return Err(MoveError::Differs("meta"));
    }
    Ok(tables)
}

/// So many channels are asked for at once.
const AT_ONCE: usize = 200;

/// The end of each channel, as readers of either store are given it.
fn ends(leaving: &Leaving, arriving: &Arriving) -> Result<(), MoveError> {
    let Some(channels) = TABLES.iter().find(|table| table.name == "channel") else { return Ok(()) };
    let (here, there) = (leaving.reads().map_err(StartError::from)?, arriving.reads());
    let mut keys = Vec::new();
    each(leaving, channels, |row| {
        if let Some(Cell::Number(key)) = row.first() {
            keys.push(ChannelKey::of_row(*key));
        }
    })?;
    let limits = PageLimits { entries: 1, bytes: u32::MAX };
    for keys in keys.chunks(AT_ONCE) {
        let (ours, theirs) = (here.heads(keys)?, there.heads(keys)?);
        let last = keys.iter().zip(&ours).filter_map(|(key, head)| Some((*key, Seq::new(*head)?)));
        let last: Vec<(ChannelKey, Seq)> = last.collect();
        if ours != theirs || here.pages(&last, limits)? != there.pages(&last, limits)? {
            return Err(MoveError::Differs("channel"));
        }
    }
    Ok(())
}

/// Copies the files of blobs to where the database's relays have them, unless they lie there. How many had none.
fn files(leaving: &Leaving, from: &Path, to: Option<&Path>, watch: &mut dyn FnMut(Stage, u64, u64)) -> Result<u64, MoveError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| MoveError::File { path, source }
    };
    let (whole, unfinished) = leaving.blobs()?;
    let to = to.map(|to| to.canonicalize().map_err(at(to))).transpose()?;
    let elsewhere = to.filter(|to| from.canonicalize().map_or(true, |from| from != *to));
    let names = whole.iter().map(|row| (row.file.to_string(), Some(row)));
    let names: Vec<_> = names.chain(unfinished.iter().map(|file| (file.to_string(), None))).collect();
    let mut lost = 0;
    for (n, (name, row)) in (1..).zip(&names) {
        let source = from.join(name);
        let there = source.metadata().is_ok_and(|file| row.is_none_or(|row| row.size == file.len()));
        let right = |path: &Path| row.is_some_and(|row| digest_of(path).is_ok_and(|digest| digest == row.sha256));
        match &elsewhere {
            Some(to) if there && !right(&to.join(name)) => copy(&source, &to.join(name))?,
            _ => {}
        }
        let good = match &elsewhere {
            Some(to) => there && (row.is_none() || right(&to.join(name))),
            None => there,
        };
        lost += u64::from(!good && row.is_some());
        watch(Stage::Files, n, names.len() as u64);
    }
    if let Some(to) = &elsewhere {
        File::open(to).and_then(|folder| folder.sync_all()).map_err(at(to))?;
    }
    Ok(lost)
}

/// A file under its name once it is whole.
fn copy(from: &Path, to: &Path) -> Result<(), MoveError> {
    let draft = to.with_extension("part");
    let work = || -> io::Result<()> {
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        file.sync_all()?;
        fs::rename(&draft, to)
    };
    work().map_err(|source| MoveError::File { path: to.to_owned(), source })
}
