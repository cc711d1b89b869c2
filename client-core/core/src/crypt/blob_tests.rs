use super::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};

const KEY: BlobKey = BlobKey::new([5; 32]);
const PREFIX_BYTES: [u8; 16] = [6; 16];

fn seal(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    BlobSealer::new(&KEY, PREFIX_BYTES, to_u64(content.len()), content).read_to_end(&mut out).unwrap();
    out
}

fn open(key: &BlobKey, blob: &[u8], piece: usize) -> Result<Vec<u8>, BlobError> {
    let mut opener = BlobOpener::new(key, Vec::new());
    for part in blob.chunks(piece) {
        opener.take(part)?;
    }
    opener.finish()
}

#[test]
fn contents_of_every_length_around_a_chunk_come_back_and_the_size_is_as_computed() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let edges = [0, 1, 503, 504, 505, 65_527, 65_528, 65_529, 65_535, 65_536, 65_537, 131_063, 131_064, 131_065, 500_000];
    for len in edges.into_iter().chain((0..20).map(|_| usize::try_from(rng.next_u32() % 300_000).unwrap()).collect::<Vec<_>>()) {
        let mut content = vec![0; len];
        rng.fill_bytes(&mut content);
        let blob = seal(&content);
        assert_eq!(to_u64(blob.len()), sealed_size(to_u64(len)), "length {len}");
        for piece in [5_000, 1 << 20] {
            assert_eq!(open(&KEY, &blob, piece).unwrap(), content, "length {len} in pieces of {piece}");
        }
    }
}

#[test]
fn sizes_of_ten_thousand_contents_are_classes() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for _ in 0..10_000 {
        let len = u64::from(rng.next_u32() % 104_857_601);
        let plain = padded_size(len);
        assert_eq!(plain, to_u64(padme(usize::try_from(len).unwrap() + 8)));
        assert_eq!(sealed_size(len), 17 + plain + plain.div_ceil(65_536) * 16);
        assert!(sealed_size(len) <= 109_051_904, "a file of 100 MiB fits the relay's bound");
    }
}

#[test]
fn every_cut_and_every_flipped_byte_is_refused() {
    let content: Vec<u8> = (0..140_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let blob = seal(&content);
    assert_eq!(open(&KEY, &blob, 4096).unwrap(), content);

    // all cuts and flips near the seams, every 10,007th elsewhere
    let seam = |at: usize| {
        at < HEADER + 16
            || at > blob.len() - 20
            || (at - HEADER) % (CHUNK + TAG) < 4
            || (at - HEADER) % (CHUNK + TAG) > CHUNK + 12
    };
    for at in (0..blob.len()).filter(|at| seam(*at) || at % 10_007 == 0) {
        let mut flipped = blob.clone();
        flipped[at] ^= 1;
        assert!(open(&KEY, &flipped, 1 << 20).is_err(), "flip at {at}");
        assert!(open(&KEY, &blob[..at], 1 << 20).is_err(), "cut at {at}");
    }
    let mut longer = blob.clone();
    longer.push(0);
    assert!(open(&KEY, &longer, 1 << 20).is_err());
    assert!(open(&BlobKey::new([4; 32]), &blob, 1 << 20).is_err());
}

#[test]
fn chunks_cannot_be_exchanged_repeated_or_left_out() {
    let blob = seal(&vec![7; 200_000]);
    let (header, body) = blob.split_at(HEADER);
    let chunks: Vec<&[u8]> = body.chunks(CHUNK + TAG).collect();
    let whole = chunks.len();
    assert!(whole >= 4);
    let build = |order: &[usize]| {
        let mut out = header.to_vec();
        order.iter().for_each(|i| out.extend_from_slice(chunks[*i]));
        open(&KEY, &out, 1 << 20)
    };
    let right: Vec<usize> = (0..whole).collect();
    assert!(build(&right).is_ok());
    for (a, b) in [(0, 1), (1, 2), (0, whole - 1)] {
        let mut order = right.clone();
        order.swap(a, b);
        assert!(build(&order).is_err(), "{order:?}");
    }
    for gone in 0..whole {
        let order: Vec<usize> = right.iter().copied().filter(|i| *i != gone).collect();
        assert!(build(&order).is_err(), "without {gone}");
    }
    assert!(build(&[0, 0, 1, 2, 3]).is_err());
    assert!(build(&[0, 1, 2, 3, 3]).is_err());
}

#[test]
fn a_length_or_filler_that_lies_is_refused_even_under_the_right_key() {
    let forge = |plain: &[u8]| {
        let mut chunks = Chunks { cipher: XChaCha20Poly1305::new((&[5; 32]).into()), prefix: PREFIX_BYTES, next: 0 };
        let mut chunk = plain.to_vec();
        chunks.seal(&mut chunk, true).unwrap();
        open(&KEY, &[[VERSION].as_slice(), &PREFIX_BYTES, &chunk].concat(), 1 << 20)
    };
    let with = |len: u64, size: usize| {
        let mut plain = len.to_be_bytes().to_vec();
        plain.resize(size, 0);
        plain
    };
    assert!(forge(&with(504, 512)).is_ok());
    for (len, size) in [(505, 512), (504, 544), (u64::MAX, 512), (4, 511), (100, 4)] {
        let mut plain = with(len, size.max(8));
        plain.truncate(size);
        assert!(matches!(forge(&plain), Err(BlobError::Padding)), "{len} in {size}");
    }
    let mut filled = with(4, 512);
    filled[511] = 1;
    assert!(matches!(forge(&filled), Err(BlobError::Padding)));
}

#[test]
fn a_content_that_is_not_as_long_as_was_said_is_noticed() {
    for said in [9, 11, 70_000] {
        let mut out = Vec::new();
        let error = BlobSealer::new(&KEY, PREFIX_BYTES, said, [0u8; 10].as_slice()).read_to_end(&mut out).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{said}");
    }
}

/// A large file that nobody holds: the same 251 KiB again and again, of which no two chunks are alike.
fn pattern() -> Vec<u8> {
    (0..251 * 1024u32).map(|n| (n % 251).to_le_bytes()[0]).collect()
}

/// Compares what comes with the pattern.
struct Compare {
    pattern: Vec<u8>,
    at: usize,
    whole: u64,
}
impl Write for Compare {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let n = piece.len().min(self.pattern.len() - self.at);
        assert!(piece[..n] == self.pattern[self.at..self.at + n], "differs behind byte {}", self.whole);
        self.at = (self.at + n) % self.pattern.len();
        self.whole += to_u64(n);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Repeat {
    pattern: Vec<u8>,
    at: usize,
}
impl Read for Repeat {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = out.len().min(self.pattern.len() - self.at);
        out[..n].copy_from_slice(&self.pattern[self.at..self.at + n]);
        self.at = (self.at + n) % self.pattern.len();
        Ok(n)
    }
}

#[test]
fn a_large_file_streams_through_one_chunk_of_memory() {
    // code without optimisation takes half a minute for all of it
    let len = if cfg!(debug_assertions) { 10 } else { 100 } * 1024 * 1024;
    let mut sealer = BlobSealer::new(&KEY, PREFIX_BYTES, len, Repeat { pattern: pattern(), at: 0 }.take(len));
    let mut opener = BlobOpener::new(&KEY, Compare { pattern: pattern(), at: 0, whole: 0 });
    let mut piece = vec![0; 256 * 1024];
    loop {
        let n = sealer.read(&mut piece).unwrap();
        if n == 0 {
            break;
        }
        opener.write_all(&piece[..n]).unwrap();
        assert!(sealer.buffer.capacity() <= CHUNK + TAG && opener.buffer.capacity() <= CHUNK + TAG);
    }
    assert_eq!(opener.taken(), sealed_size(len));
    assert_eq!(opener.content_len(), Some(len));
    assert_eq!(opener.finish().unwrap().whole, len);
}
