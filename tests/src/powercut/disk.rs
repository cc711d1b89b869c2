//! A disk that forgets at a power cut what was not synced.
//!
//! What may survive, as POSIX promises and no more:
//! - bytes of a file, and its length: what was there at its last sync; of later writes any sectors, each whole or torn;
//! - a name in a folder: as of the folder's last sync; of later changes any, each whole (a rename is one change).
//!   Syncing a file says nothing about its name.

use super::Event;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SECTOR: u64 = 512;
/// The folder itself.
const ROOT: usize = 0;
/// Files that live outside the cut: the clients' memory.
const MARKS: &str = "marks";

/// What a cut leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// Everything: the process died, the machine went on.
    Everything,
    /// Some of it, by this seed.
    Some(u64),
}

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Clone, Debug, Default)]
struct Node {
    folder: bool,
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

/// A name within a folder.
type Name = (usize, String);

#[derive(Clone, Debug)]
struct Naming {
    gone: Option<Name>,
    made: Option<(Name, usize)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Disk {
    nodes: Vec<Node>,
    live: BTreeMap<Name, usize>,
    durable: BTreeMap<Name, usize>,
    unsynced: Vec<Naming>,
    open: BTreeMap<u32, usize>,
    told: Vec<u8>,
}

impl Disk {
    /// What lies in a folder, all of it synced.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(root: &Path) -> std::io::Result<Self> {
        let top = Node { folder: true, ..Node::default() };
        let mut disk = Self {
            nodes: vec![top],
            live: BTreeMap::new(),
            durable: BTreeMap::new(),
            unsynced: Vec::new(),
            open: BTreeMap::new(),
            told: Vec::new(),
        };
        disk.load_folder(root, ROOT)?;
        disk.durable = disk.live.clone();
        Ok(disk)
    }

    fn load_folder(&mut self, at: &Path, node: usize) -> std::io::Result<()> {
        for entry in std::fs::read_dir(at)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| std::io::ErrorKind::InvalidFilename)?;
            let kind = entry.file_type()?;
            if !kind.is_dir() && !kind.is_file() {
                // sockets hold nothing
                continue;
            }
            let folder = kind.is_dir();
            let bytes = if folder { Vec::new() } else { std::fs::read(entry.path())? };
            let made = self.add(Node { folder, durable: bytes.clone(), live: bytes, unsynced: Vec::new() });
            self.live.insert((node, name), made);
            if folder {
                self.load_folder(&entry.path(), made)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The next event of the record.
    ///
    /// # Errors
    /// With a sentence, when it does not follow from those before: something escaped the recorder.
    pub fn apply(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Open { fd, path, created, emptied } => {
                let node = self.opened(path, *created)?;
                if *emptied {
                    self.change(node, Change::Length(0))?;
                }
                self.open.insert(*fd, node);
            }
            Event::Write { fd, at, bytes } => self.change(self.file(*fd)?, Change::Write(*at, bytes.clone()))?,
            Event::Truncate { fd, size } => self.change(self.file(*fd)?, Change::Length(*size))?,
            Event::Sync { fd } => self.sync(self.file(*fd)?)?,
            Event::Close { fd } => drop(self.open.remove(fd)),
            Event::Duplicate { fd, to } => drop(self.open.insert(*to, self.file(*fd)?)),
            Event::Remove { path } => {
                let name = self.name(path)?;
                self.live.remove(&name).ok_or_else(|| format!("removed, and never made: {path}"))?;
                self.unsynced.push(Naming { gone: Some(name), made: None });
            }
            Event::Rename { from, to } => {
                let (from, to) = (self.name(from)?, self.name(to)?);
                let Some(node) = self.live.remove(&from) else {
                    // a socket is made by `bind`, which is not recorded: nothing of it lasts
                    let socket = from.1.ends_with(".sock");
                    return if socket { Ok(()) } else { Err(format!("renamed, and never made: {from:?}")) };
                };
                self.live.insert(to.clone(), node);
                self.unsynced.push(Naming { gone: Some(from), made: Some((to, node)) });
            }
            Event::MakeFolder { path } => {
                let node = self.add(Node { folder: true, ..Node::default() });
                self.make(path, node)?;
            }
            Event::Link { from, to } => {
                let from = self.name(from)?;
                let node = *self.live.get(&from).ok_or_else(|| format!("linked, and never made: {from:?}"))?;
                self.make(to, node)?;
            }
            Event::Mark { line } => self.told.extend_from_slice(line),
            Event::Map { fd } => {
                let node = self.file(*fd)?;
                let volatile = self.live.iter().any(|((_, name), n)| *n == node && name.ends_with("-shm"));
                if !volatile {
                    return Err("a file was mapped for writing: such writes are not recorded".to_owned());
                }
            }
        }
        Ok(())
    }

    fn make(&mut self, path: &str, node: usize) -> Result<(), String> {
        let name = self.name(path)?;
        self.live.insert(name.clone(), node);
        self.unsynced.push(Naming { gone: None, made: Some((name, node)) });
        Ok(())
    }

    fn opened(&mut self, path: &str, created: bool) -> Result<usize, String> {
        if path.is_empty() {
            return Ok(ROOT);
        }
        if created {
            let node = self.add(Node::default());
            self.make(path, node)?;
            return Ok(node);
        }
        let name = self.name(path)?;
        self.live.get(&name).copied().ok_or_else(|| format!("opened, and never made: {path}"))
    }

    fn name(&self, path: &str) -> Result<Name, String> {
        let mut folder = ROOT;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return Ok((folder, part.to_owned()));
            }
            folder = *self.live.get(&(folder, part.to_owned())).ok_or_else(|| format!("no folder for {path}"))?;
        }
        Err("an empty path".to_owned())
    }

    fn file(&self, fd: u32) -> Result<usize, String> {
        self.open.get(&fd).copied().ok_or_else(|| format!("descriptor {fd} was never opened"))
    }

    fn node(&mut self, node: usize) -> Result<&mut Node, String> {
        self.nodes.get_mut(node).ok_or_else(|| "no such file".to_owned())
    }

    fn change(&mut self, node: usize, change: Change) -> Result<(), String> {
        let node = self.node(node)?;
        change.make(&mut node.live);
        node.unsynced.push(change);
        Ok(())
    }

    fn sync(&mut self, node: usize) -> Result<(), String> {
        let synced = self.node(node)?;
        if synced.folder {
            let (done, waiting) = std::mem::take(&mut self.unsynced).into_iter().partition(|n| n.touches(node));
            self.unsynced = waiting;
            let done: Vec<Naming> = done;
            for naming in &done {
                naming.make(&mut self.durable);
            }
        } else {
            for change in synced.unsynced.drain(..) {
                change.make(&mut synced.durable);
            }
        }
        Ok(())
    }

    /// How many changes a cut could forget now.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        let marks = self.live.get(&(ROOT, MARKS.to_owned()));
        let writes = self.nodes.iter().enumerate().filter(|(n, _)| Some(n) != marks).map(|(_, n)| n.unsynced.len());
        self.unsynced.len() + writes.sum::<usize>()
    }

    /// How many changes of the file at this path a cut could forget; none when there is no such file.
    #[must_use]
    pub fn unsynced_of(&self, path: &str) -> Option<usize> {
        let node = self.live.get(&self.name(path).ok()?)?;
        self.nodes.get(*node).map(|n| n.unsynced.len())
    }

    /// The clients' memory, from the folder's `marks` file or from [`Event::Mark`]: never forgotten.
    #[must_use]
    pub fn marks(&self) -> &[u8] {
        let node = self.live.get(&(ROOT, MARKS.to_owned())).and_then(|n| self.nodes.get(*n));
        node.map_or(&self.told, |n| &n.live)
    }

    /// What is left after a cut now.
    #[must_use]
    pub fn cut(&self, cut: Cut) -> Self {
        let mut chance = Chance::new(cut);
        let mut names = self.durable.clone();
        chance.luck();
        for naming in &self.unsynced {
            if chance.keep() {
                naming.make(&mut names);
            }
        }
        names.retain(|(folder, name), _| (*folder, name.as_str()) != (ROOT, MARKS));
        let shared: BTreeSet<usize> = names.iter().filter(|((_, name), _)| name.ends_with("-shm")).map(|(_, n)| *n).collect();
        let nodes = self.nodes.iter().enumerate().map(|(number, node)| {
            chance.luck();
            let mut left = node.durable.clone();
            for change in &node.unsynced {
                chance.keep_some(change, &mut left);
            }
            if shared.contains(&number) {
                // memory that was mapped: anything may be on the disk
                chance.garbage(&mut left);
            }
            Node { folder: node.folder, live: left.clone(), durable: left, unsynced: Vec::new() }
        });
        Self {
            nodes: nodes.collect(),
            live: names.clone(),
            durable: names,
            unsynced: Vec::new(),
            open: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    /// Puts the files into an empty folder of a real disk.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_to(&self, root: &Path) -> std::io::Result<()> {
        self.write_folder(root, ROOT)
    }

    fn write_folder(&self, at: &Path, folder: usize) -> std::io::Result<()> {
        for ((_, name), number) in self.within(folder) {
            let Some(node) = self.nodes.get(*number) else { continue };
            let path = at.join(name);
            if node.folder {
                std::fs::create_dir(&path)?;
                self.write_folder(&path, *number)?;
            } else {
                std::fs::write(&path, &node.live)?;
            }
        }
        Ok(())
    }

    fn within(&self, folder: usize) -> impl Iterator<Item = (&Name, &usize)> {
        self.live.range((folder, String::new())..(folder + 1, String::new()))
    }

    /// Whether the record is complete: at its end the folder must hold just this (shared memory apart).
    ///
    /// # Errors
    /// With the first path that differs.
    pub fn must_equal(&self, root: &Path) -> Result<(), String> {
        let real = Self::load(root).map_err(|e| format!("the folder cannot be read: {e}"))?;
        let (ours, theirs) = (self.flat(ROOT, ""), real.flat(ROOT, ""));
        for path in ours.keys().chain(theirs.keys()) {
            let same = ours.get(path) == theirs.get(path) || (path.ends_with("-shm") && ours.contains_key(path));
            if !same {
                return Err(format!("{path} is not as it was recorded: something escaped the recorder"));
            }
        }
        Ok(())
    }

    fn flat(&self, folder: usize, before: &str) -> BTreeMap<String, Vec<u8>> {
        let mut out = BTreeMap::new();
        for ((_, name), number) in self.within(folder) {
            let Some(node) = self.nodes.get(*number) else { continue };
            let path = format!("{before}{name}");
            if node.folder {
                out.extend(self.flat(*number, &format!("{path}/")));
            }
            out.insert(path, node.live.clone());
        }
        out
    }
}

impl Change {
    fn make(&self, file: &mut Vec<u8>) {
        match self {
            Change::Write(at, bytes) => put(file, *at, bytes),
            Change::Length(n) => file.resize(usize::try_from(*n).unwrap_or(usize::MAX), 0),
        }
    }
}

fn put(file: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let from = usize::try_from(at).unwrap_or(usize::MAX);
    let to = from.saturating_add(bytes.len());
    if file.len() < to {
        file.resize(to, 0);
    }
    if let Some(place) = file.get_mut(from..to) {
        place.copy_from_slice(bytes);
    }
}

impl Naming {
    fn touches(&self, folder: usize) -> bool {
        self.gone.as_ref().is_some_and(|n| n.0 == folder) || self.made.as_ref().is_some_and(|m| m.0.0 == folder)
    }
    fn make(&self, names: &mut BTreeMap<Name, usize>) {
        if let Some(name) = &self.gone {
            names.remove(name);
        }
        if let Some((name, node)) = &self.made {
            names.insert(name.clone(), *node);
        }
    }
}

/// Decides what a cut leaves.
struct Chance {
    cut: Cut,
    rng: ChaCha8Rng,
    /// out of eight, for what is decided now
    odds: u64,
}

impl Chance {
    fn new(cut: Cut) -> Self {
        let seed = if let Cut::Some(seed) = cut { seed } else { 0 };
        Self { cut, rng: ChaCha8Rng::seed_from_u64(seed), odds: 0 }
    }
    fn below(&mut self, n: u64) -> u64 {
        self.rng.next_u64() % n.max(1)
    }
    /// How lucky the next file is: some keep all or nothing.
    fn luck(&mut self) {
        self.odds = match self.below(6) {
            0 => 0,
            1 => 8,
            2 => 1,
            3 => 7,
            _ => 4,
        };
    }
    fn keep(&mut self) -> bool {
        match self.cut {
            Cut::Nothing => false,
            Cut::Everything => true,
            Cut::Some(_) => self.below(8) < self.odds,
        }
    }
    fn keep_some(&mut self, change: &Change, file: &mut Vec<u8>) {
        match change {
            Change::Length(_) => {
                if self.keep() {
                    change.make(file);
                }
            }
            Change::Write(at, bytes) => {
                let mut at = *at;
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let room = usize::try_from(SECTOR - at % SECTOR).unwrap_or(1).min(rest.len());
                    let (sector, more) = rest.split_at(room);
                    if self.keep() {
                        let (skip, part) = self.torn(sector);
                        put(file, at + skip, part);
                    }
                    at += sector.len() as u64;
                    rest = more;
                }
            }
        }
    }
    /// Mostly a sector is written whole; sometimes only its beginning or its end arrives.
    fn torn<'a>(&mut self, sector: &'a [u8]) -> (u64, &'a [u8]) {
        if self.cut == Cut::Everything || self.below(16) > 0 {
            return (0, sector);
        }
        let at = self.below(sector.len() as u64);
        let (head, tail) = sector.split_at(usize::try_from(at).unwrap_or(0));
        if self.below(2) == 0 { (0, head) } else { (at, tail) }
    }
    fn garbage(&mut self, file: &mut [u8]) {
        self.rng.fill_bytes(file);
    }
}

#[cfg(test)]
mod tests;
