//! The tree of rows: RFC 9162, 2.1, with labelled hashes.
//!
//! A tree of n > 1 leaves is the hash of its left part, which has the greatest power of two below n, and of the rest. So blocks
//! of [`BLOCK`] rows are whole parts of it: their roots are all that is kept of a hundred thousand rows.

use lacre_ground::label::{self, Label};

/// Rows of a block: its leaves are made again from the rows when a path is asked for.
pub const BLOCK: u32 = 1024;
/// The longest path there is: [`super::MAX_ROWS`] is less than two to this power.
const MAX_PATH: usize = 20;

type Hash = [u8; 32];

fn node(left: &Hash, right: &Hash) -> Hash {
    label::hash(Label::BatchNode, &[left, right])
}

/// A root that is made of leaves as they come, keeping one hash for each power of two.
#[derive(Default)]
pub struct Streamed {
    /// roots of whole parts, the greatest first, with their sizes' exponents
    parts: Vec<(u32, Hash)>,
}

impl Streamed {
    /// The next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let (mut height, mut right) = (0, leaf);
        while let Some((_, left)) = self.parts.pop_if(|(h, _)| *h == height) {
            (height, right) = (height + 1, node(&left, &right));
        }
        self.parts.push((height, right));
    }
    /// The root. None before the first leaf.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        self.parts.iter().rev().map(|(_, hash)| *hash).reduce(|right, left| node(&left, &right))
    }
}

/// The root of these leaves. None of none.
#[must_use]
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Option<Hash> {
    let mut streamed = Streamed::default();
    leaves.into_iter().for_each(|leaf| streamed.push(leaf));
    streamed.root()
}

/// The siblings of a leaf, from its own upwards.
fn path(index: usize, leaves: &[Hash], out: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (own, at, other) = if index < left.len() { (left, index, right) } else { (right, index - left.len(), left) };
    path(at, own, out);
    out.extend(root(other.iter().copied()));
}

/// The roots of all blocks, from which each row's path is made with the leaves of its own block alone.
#[derive(Default)]
pub struct Roots {
    blocks: Vec<Hash>,
    current: Streamed,
    rows: u32,
}

impl Roots {
    /// The next row's leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.current.push(leaf);
        self.rows = self.rows.saturating_add(1);
        if self.rows.is_multiple_of(BLOCK) {
            self.blocks.extend(core::mem::take(&mut self.current).root());
        }
    }
    /// What is kept of them: the root of each block. With the number of rows it is all again ([`Roots::of`]).
    #[must_use]
    pub fn kept(&self) -> Vec<[u8; 32]> {
        self.all()
    }
    /// What was kept of so many rows: paths are made of it, and rows no longer added. None where these are not so many blocks.
    #[must_use]
    pub fn of(rows: u32, blocks: Vec<[u8; 32]>) -> Option<Self> {
        let fits = usize::try_from(rows.div_ceil(BLOCK)).is_ok_and(|n| n == blocks.len());
        fits.then(|| Self { blocks, current: Streamed::default(), rows })
    }
    /// How many rows there are so far.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }
    fn all(&self) -> Vec<Hash> {
        self.blocks.iter().copied().chain(self.current.root()).collect()
    }
    /// The root of all. None before the first.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        root(self.all())
    }
    /// The rows of the block in which this row is: those whose leaves [`Roots::path`] wants.
    #[must_use]
    pub fn block_of(&self, index: u32) -> core::ops::Range<u32> {
        let start = index - index % BLOCK;
        start..start.saturating_add(BLOCK).min(self.rows)
    }
    /// The path of a row, from the leaves of its block. None where these are not the block's.
    #[must_use]
    pub fn path(&self, index: u32, block: &[Hash]) -> Option<Vec<Hash>> {
        let all = self.all();
        let (number, within) = (usize::try_from(index / BLOCK).ok()?, usize::try_from(index % BLOCK).ok()?);
        let same = root(block.iter().copied())? == *all.get(number)? && within < block.len();
        let mut out = Vec::new();
        path(within, block, &mut out);
        path(number, &all, &mut out);
        same.then_some(out)
    }
}

/// The root that a leaf gives with its path (RFC 9162, 2.1.3.2). None if a path at this place among so many rows has another length.
#[must_use]
pub fn root_of(leaf: Hash, index: u32, rows: u32, siblings: &[Hash]) -> Option<Hash> {
    let (mut at, mut last) = (index, rows.checked_sub(1).filter(|last| index <= *last)?);
    if siblings.len() > MAX_PATH {
        return None;
    }
    let mut hash = leaf;
    for sibling in siblings {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(n: u32) -> Hash {
        label::hash(Label::BatchRow, &[&n.to_be_bytes()])
    }

    /// The definition, word for word.
    fn defined(leaves: &[Hash]) -> Hash {
        let mut left = 1;
        while left * 2 < leaves.len() {
            left *= 2;
        }
        match leaves {
            [one] => *one,
            more => node(&defined(&more[..left]), &defined(&more[left..])),
        }
    }

    #[test]
    fn roots_are_those_of_the_definition_whichever_way_they_are_made() {
        for n in (1..70).chain([1023, 1024, 1025, 2047, 2048, 2049, 3072, 5000]) {
            let leaves: Vec<Hash> = (0..n).map(leaf).collect();
            let mut roots = Roots::default();
            leaves.iter().for_each(|l| roots.push(*l));
            assert_eq!((root(leaves.clone()), roots.root()), (Some(defined(&leaves)), Some(defined(&leaves))), "{n}");
        }
        assert_eq!((root([]), Roots::default().root()), (None, None));
    }

    #[test]
    fn every_row_has_a_path_to_the_root_and_at_no_other_place() {
        for n in (1..40).chain([1024, 1025, 1026, 2500]) {
            let leaves: Vec<Hash> = (0..n).map(leaf).collect();
            let mut roots = Roots::default();
            leaves.iter().for_each(|l| roots.push(*l));
            for i in (0..n).step_by(if n < 40 { 1 } else { 97 }).chain([n - 1]) {
                let block = roots.block_of(i);
                let own = &leaves[block.start as usize..block.end as usize];
                let path = roots.path(i, own).unwrap();
                assert_eq!(Roots::of(n, roots.kept()).unwrap().path(i, own).unwrap(), path, "from what is kept");
                assert_eq!(root_of(leaf(i), i, n, &path), roots.root(), "{i} of {n}");
                assert_ne!(root_of(leaf(i + 1), i, n, &path), roots.root(), "another leaf");
                for other in (0..n.min(40)).filter(|other| *other != i) {
                    assert_ne!(root_of(leaf(i), other, n, &path), roots.root(), "{i} of {n} at {other}");
                }
                if let [shorter @ .., _] = path.as_slice() {
                    assert_ne!(root_of(leaf(i), i, n, shorter), roots.root(), "a path that ends early");
                }
                assert_eq!(root_of(leaf(i), i, n, &[path, vec![[0; 32]]].concat()), None, "a path that goes on");
                assert_eq!(root_of(leaf(i), n, n, &[]), None, "no such row");
            }
        }
    }

    #[test]
    fn the_leaves_of_another_block_give_no_path() {
        let mut roots = Roots::default();
        (0..1500).for_each(|n| roots.push(leaf(n)));
        let second: Vec<Hash> = (1024..1500).map(leaf).collect();
        assert_eq!(roots.block_of(1024), 1024..1500);
        assert!(roots.path(1024, &second).is_some());
        assert!(roots.path(0, &second).is_none());
        assert!(roots.path(1024, &second[1..]).is_none());
        assert!(roots.path(1024 + 476, &second).is_none(), "no such row");
        assert!(Roots::of(1024, roots.kept()).is_none() && Roots::of(2049, roots.kept()).is_none(), "another number of blocks");
    }

    #[test]
    fn what_is_kept_of_a_hundred_thousand_rows_is_a_hash_for_each_block() {
        let (mut streamed, mut roots) = (Streamed::default(), Roots::default());
        for n in 0..100_000 {
            streamed.push(leaf(n));
            roots.push(leaf(n));
        }
        assert!(streamed.parts.len() <= 17 && roots.blocks.len() == 97 && roots.current.parts.len() <= 10);
        assert_eq!(streamed.root(), roots.root());
    }
}
