//! Texts as bits: a repetition of something before, in the text or in a dictionary, is a length and a distance (LZ77). Each
//! letter, length and distance has a code, which is short if it is frequent in our texts (Huffman).
//!
//! The codes are the same for all texts, so none is stored: their lengths are in a file of their own, first those of letters
//! and lengths, then those of distances. Lengths and distances are those of DEFLATE (RFC 1951, 3.2.5): a code and more bits.
//! Bits are filled into bytes from the least one on.

use std::sync::LazyLock;

/// How many bits the code of each letter and length, and of each distance has. Stored texts depend on it: never change a byte.
const BITS: &[u8; LETTERS + DISTANCES] = include_bytes!("coded.lengths");

/// The codes of 256 letters, and of lengths.
const LETTERS: usize = 256 + LENGTH_BASES.len();
const DISTANCES: usize = DISTANCE_BASES.len();

/// No code of a letter or a length has more bits.
const LETTER_BITS: u32 = 11;
/// No code of a distance has more bits.
const DISTANCE_BITS: u32 = 9;

/// The least length of each code, and how many bits follow it.
const LENGTH_BASES: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// The least distance of each code, and how many bits follow it.
const DISTANCE_BASES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// A repetition has at least this many bytes, and at most so many.
const SHORTEST: usize = 3;
const LONGEST: usize = 258;

/// How far back a repetition may begin.
const FARTHEST: usize = 32_768;

/// Three bytes are worth repeating only from nearby: farther ones take more bits than they have.
const NEAR: usize = 4_096;

/// How many places in the text, and in the dictionary, are compared with one.
const TRIES_IN_TEXT: usize = 8;
const TRIES_IN_DICTIONARY: usize = 16;

/// A repetition of so many bytes is good enough to look no further.
const GOOD: usize = 32;

/// How many letters follow from a byte of bits at most: a length of 258 takes at least a byte.
pub(super) const MOST: usize = LONGEST;

/// A set of codes.
struct Codes {
    /// The bits of each code, and how many there are.
    written: Vec<(u16, u32)>,
    /// The code, and how many bits it has, that the next bits begin with.
    read: Vec<(u16, u8)>,
}

impl Codes {
    /// Codes of these lengths, shorter ones and former ones first (RFC 1951, 3.2.2).
    fn of(bits: &[u8], longest: u32) -> Self {
        let (mut written, mut read) = (vec![(0, 0); bits.len()], vec![(0, 0); 1 << longest]);
        let mut next = 0_u32;
        for length in 1..=longest {
            for (symbol, _) in bits.iter().enumerate().filter(|(_, bits)| u32::from(**bits) == length) {
                // The first bit of a code is the least one of the written number.
                let code = (next.reverse_bits() >> (u32::BITS - length)) as u16;
                written[symbol] = (code, length);
                let mut place = usize::from(code);
                while let Some(read) = read.get_mut(place) {
                    *read = (symbol as u16, length as u8);
                    place += 1 << length;
                }
                next += 1;
            }
            next <<= 1;
        }
        Self { written, read }
    }
}

static LETTER_CODES: LazyLock<Codes> = LazyLock::new(|| Codes::of(&BITS[..LETTERS], LETTER_BITS));
static DISTANCE_CODES: LazyLock<Codes> = LazyLock::new(|| Codes::of(&BITS[LETTERS..], DISTANCE_BITS));

/// A dictionary, and where in it three bytes are.
pub(super) struct Dictionary {
    bytes: &'static [u8],
    /// The last place of three bytes by their hash, and of each place the one before it; counted from 1.
    last: Vec<u16>,
    before: Vec<u16>,
}

/// The bits of a hash of three bytes of a text, whose table is made for each, and of the dictionary, whose table stays.
const TEXT_BITS: u32 = 12;
const DICTIONARY_BITS: u32 = 15;

fn hash(bytes: &[u8], bits: u32) -> Option<usize> {
    let [a, b, c, ..] = bytes else { return None };
    let number = u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16;
    Some((number.wrapping_mul(0x9e37_79b1) >> (u32::BITS - bits)) as usize)
}

impl Dictionary {
    /// Of at most 65,534 bytes.
    pub(super) fn new(bytes: &'static [u8]) -> Self {
        let (mut last, mut before) = (vec![0; 1 << DICTIONARY_BITS], vec![0; bytes.len()]);
        for place in 0..bytes.len() {
            if let (Some(hash), Ok(number)) = (hash(&bytes[place..], DICTIONARY_BITS), u16::try_from(place + 1)) {
                before[place] = last[hash];
                last[hash] = number;
            }
        }
        Self { bytes, last, before }
    }
}

/// How many bytes two slices begin with alike, at most `most`.
fn alike(one: &[u8], other: &[u8], most: usize) -> usize {
    one.iter().zip(other).take(most).take_while(|(one, other)| one == other).count()
}

/// The bytes before a place in a text.
struct Past<'t> {
    text: &'t [u8],
    dictionary: &'t Dictionary,
    last: Vec<u32>,
    before: Vec<u32>,
}

impl Past<'_> {
    /// Lets three bytes be found that begin at a place.
    fn add(&mut self, place: usize) {
        if let (Some(hash), Ok(number)) = (hash(&self.text[place..], TEXT_BITS), u32::try_from(place + 1)) {
            self.before[place] = self.last[hash];
            self.last[hash] = number;
        }
    }

    /// The longest repetition at a place: its length, 0 when there is none, and its distance.
    fn find(&self, place: usize) -> (usize, usize) {
        let here = &self.text[place..];
        let (Some(of_text), Some(of_dictionary)) = (hash(here, TEXT_BITS), hash(here, DICTIONARY_BITS)) else {
            return (0, 0);
        };
        let most = here.len().min(LONGEST);
        let mut best = (0, 0);
        let mut consider = |other: &[u8], distance: usize| {
            // A longer one differs from the best one nowhere before its end.
            if other.get(best.0) == here.get(best.0) && distance <= FARTHEST {
                let length = alike(here, other, most);
                if length > best.0 {
                    best = (length, distance);
                }
            }
            best.0 >= GOOD.min(most)
        };
        let mut next = self.last[of_text];
        for _ in 0..TRIES_IN_TEXT {
            let Some(at) = usize::try_from(next).ok().and_then(|next| next.checked_sub(1)) else { break };
            if consider(&self.text[at..], place - at) {
                return best;
            }
            next = self.before[at];
        }
        let bytes = self.dictionary.bytes;
        let mut next = self.dictionary.last[of_dictionary];
        for _ in 0..TRIES_IN_DICTIONARY {
            let Some(at) = usize::from(next).checked_sub(1) else { break };
            if consider(&bytes[at..], bytes.len() - at + place) {
                return best;
            }
            next = self.dictionary.before[at];
        }
        if best.0 < SHORTEST || (best.0 == SHORTEST && best.1 > NEAR) { (0, 0) } else { best }
    }
}

/// Bits behind bytes.
struct BitWriter<'b> {
    bytes: &'b mut Vec<u8>,
    bits: u64,
    count: u32,
}

impl BitWriter<'_> {
    /// At most 32 at a time.
    fn write(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    fn code(&mut self, codes: &Codes, symbol: usize) {
        let (code, count) = codes.written[symbol];
        self.write(u64::from(code), count);
    }

    /// A number as the last code whose base is not more, and the rest.
    fn number(&mut self, codes: &Codes, first: usize, bases: &[(u16, u8)], number: usize) {
        let place = bases.partition_point(|(base, _)| usize::from(*base) <= number) - 1;
        let (base, more) = bases[place];
        self.code(codes, first + place);
        self.write((number - usize::from(base)) as u64, u32::from(more));
    }
}

/// Writes a text behind `bytes`.
pub(super) fn write(text: &[u8], dictionary: &Dictionary, bytes: &mut Vec<u8>) {
    let (letters, distances) = (&*LETTER_CODES, &*DISTANCE_CODES);
    let (last, before) = (vec![0; 1 << TEXT_BITS], vec![0; text.len()]);
    let mut past = Past { text, dictionary, last, before };
    let mut out = BitWriter { bytes, bits: 0, count: 0 };
    let mut place = 0;
    let mut found = past.find(0);
    while place < text.len() {
        past.add(place);
        let (length, distance) = found;
        let next = if length < GOOD { past.find(place + 1) } else { (0, 0) };
        // One that begins a letter later is better if it is longer by more than that letter.
        if length == 0 || next.0 > length + 1 {
            out.code(letters, usize::from(text[place]));
            (place, found) = (place + 1, next);
            continue;
        }
        out.number(letters, 256, &LENGTH_BASES, length);
        out.number(distances, 0, &DISTANCE_BASES, distance);
        (place + 1..place + length).for_each(|place| past.add(place));
        place += length;
        found = past.find(place);
    }
    let rest = out.count;
    out.write(0, (8 - rest) % 8);
}

/// Bits of bytes.
struct BitReader<'b> {
    bytes: &'b [u8],
    bits: u64,
    count: u32,
}

impl BitReader<'_> {
    /// Makes 57 bits ready, as long as there are some.
    fn fill(&mut self) {
        while self.count <= 56
            && let Some((byte, rest)) = self.bytes.split_first()
        {
            self.bits |= u64::from(*byte) << self.count;
            self.count += 8;
            self.bytes = rest;
        }
    }

    fn take(&mut self, count: u32) -> Option<usize> {
        let bits = self.bits & ((1 << count) - 1);
        self.count = self.count.checked_sub(count)?;
        self.bits >>= count;
        usize::try_from(bits).ok()
    }

    fn code(&mut self, codes: &Codes) -> Option<usize> {
        let mask = codes.read.len() as u64 - 1;
        let (symbol, count) = codes.read[(self.bits & mask) as usize];
        self.take(u32::from(count))?;
        Some(usize::from(symbol))
    }

    fn number(&mut self, (base, more): (u16, u8)) -> Option<usize> {
        Some(usize::from(base) + self.take(u32::from(more))?)
    }
}

/// The text of this length again; `None` when these are no bits of one.
pub(super) fn read(bytes: &[u8], length: usize, dictionary: &Dictionary) -> Option<Vec<u8>> {
    let (letters, distances) = (&*LETTER_CODES, &*DISTANCE_CODES);
    let dictionary = dictionary.bytes;
    let mut bits = BitReader { bytes, bits: 0, count: 0 };
    let mut text = Vec::with_capacity(length);
    while text.len() < length {
        // Enough for a letter or a length, and a distance: 11 + 5 + 9 + 13 bits.
        bits.fill();
        let symbol = bits.code(letters)?;
        let Some(code) = symbol.checked_sub(256) else {
            text.push(symbol as u8);
            continue;
        };
        let repeated = bits.number(LENGTH_BASES[code])?;
        let distance = {
            let code = bits.code(distances)?;
            bits.number(DISTANCE_BASES[code])?
        };
        if repeated > length - text.len() {
            return None;
        }
        let from = (dictionary.len() + text.len()).checked_sub(distance)?;
        let of_dictionary = dictionary.get(from..).unwrap_or_default();
        let first = of_dictionary.len().min(repeated);
        text.extend_from_slice(&of_dictionary[..first]);
        let from = (from + first).saturating_sub(dictionary.len());
        let rest = repeated - first;
        if rest <= text.len() - from {
            text.extend_from_within(from..from + rest);
        } else {
            // It repeats bytes of its own.
            for place in from..from + rest {
                text.push(*text.get(place)?);
            }
        }
    }
    (bits.bytes.is_empty() && bits.count < 8 && bits.bits == 0).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static DICTIONARY: LazyLock<Dictionary> =
        LazyLock::new(|| Dictionary::new(br#"{"type":"message","attributes":{"preview":""#));

    fn written(text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(text, &DICTIONARY, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was(text in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..600),
            proptest::collection::vec(prop::sample::select(b"ab\"{type".to_vec()), 0..2_000),
        ]) {
            prop_assert_eq!(read(&written(&text), text.len(), &DICTIONARY).unwrap(), text);
        }

        #[test]
        fn other_bits_are_no_more_than_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200), length in 0..3_000_usize) {
            if let Some(text) = read(&bytes, length, &DICTIONARY) {
                prop_assert_eq!(text.len(), length);
            }
        }
    }

    #[test]
    fn every_bits_begin_one_code() {
        for codes in [&*LETTER_CODES, &*DISTANCE_CODES] {
            assert!(codes.read.iter().all(|(_, bits)| *bits > 0));
            let filled: usize = codes.written.iter().map(|(_, bits)| codes.read.len() >> bits).sum();
            assert_eq!(filled, codes.read.len());
        }
    }

    #[test]
    fn bytes_far_back_are_repeated() {
        let far: Vec<u8> = (0..40_000_u32).flat_map(|number| number.wrapping_mul(0x9e37_79b1).to_le_bytes()).collect();
        let text = [&far[..20_000], &far[..20_000], &far[..4_000], &vec![b'a'; 5_000]].concat();
        let bytes = written(&text);
        assert!(bytes.len() < 30_000, "{}", bytes.len());
        assert_eq!(read(&bytes, text.len(), &DICTIONARY).unwrap(), text);
        assert_eq!(read(&bytes[..bytes.len() - 1], text.len(), &DICTIONARY), None);
    }
}
