//! How long texts are in the database: documents, and what events keep of them.
//!
//! A customer is three kilobytes of JSON of which half is the same in all of them. As text a page of the file holds one;
//! compressed (LZ4 with what records and their differences have in common as its dictionary) it holds three, the log grows by a third, and
//! a cache holds three times as many. Bytes that are not the same in all are in a block as they are, but for four
//! letters and more that happen to be in the dictionary or before: a search through the file's bytes still finds
//! personal values. Ids and moments, of which there are many and which LZ4 leaves as they are, are written in half and
//! a third of their letters (`shortened.rs`).
//!
//! A text is stored as a BLOB whose first byte names its form. Each form that is written has a checksum (CRC-32 of
//! everything else in it), so that a bit that flipped on the disk is an error and never another text. It takes 25 ns of a
//! block that takes 180 ns to unpack and 1.4 µs to pack.
//!
//! | form | bytes behind the first | written |
//! | --- | --- | --- |
//! | 0x01 | length of the text in four, the block | by former versions |
//! | 0x5a | checksum in four, length of the text in four, the block | by former versions |
//! | 0x69 | the same, with another dictionary | by former versions |
//! | 0x3c | checksum in four, length of the shortened text in one to five, the block with a third dictionary | of customers and conversations, where that is shorter than the text |
//! | 0xc3 | checksum in four, length of the shortened text in one to five, its zstd frame without the magic number, with a trained dictionary | of other texts, where that is shorter than the text |
//! | 0xa6 | checksum in four, the text | otherwise |
//!
//! zstd takes less than half of the bytes of LZ4, since its dictionary has codes for the letters of such texts too, and 3 µs where
//! LZ4 takes 1 µs. Customers and conversations are read for most requests, and written over again and again. Of other records
//! there are many more, and events are read seldom; a search through the file does not find their texts.
//!
//! Numbers are little-endian. TEXT is what former versions wrote of short texts, and what `sqlite3` wrote by hand.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use kustodian_core::kind::Kind;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use super::shortened;

/// A block without a checksum.
const UNCHECKED: u8 = 1;

/// A block with a checksum, and the first dictionary. The bytes of the forms differ in several bits, so that no flipped bit
/// makes one of another.
const FORMER: u8 = 0x5a;

/// The same with the second dictionary.
const BLOCK: u8 = 0x69;

/// The same of a text whose ids and moments are shortened.
const SHORTENED: u8 = 0x3c;

/// A frame of a text whose ids and moments are shortened.
const FRAME: u8 = 0xc3;

/// A text as it is, with a checksum.
const PLAIN: u8 = 0xa6;

/// What customers have in common. Stored blocks depend on it: never change a byte, make another form.
const FIRST: &[u8] = include_bytes!("packed.1.dictionary");

/// The same, and what conversations, messages and their differences have in common. Likewise.
const SECOND: &[u8] = include_bytes!("packed.2.dictionary");

/// The same, and what conversation times have in common and messages change of their customers; of shortened texts. Likewise.
const DICTIONARY: &[u8] = include_bytes!("packed.3.dictionary");

/// Trained (`zstd --train`) with shortened documents and differences of all kinds but customers and conversations. Likewise.
const TRAINED: &[u8] = include_bytes!("packed.4.dictionary");

/// Higher levels of zstd take four times as long for a tenth of the bytes.
const LEVEL: i32 = 3;

/// What every frame begins with, and is stored without.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

static FOR_WRITING: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(TRAINED, LEVEL));
static FOR_READING: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(TRAINED));

thread_local! {
    static WRITER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static READER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Texts of fewer bytes are not compressed: little would be saved.
const SHORTEST: usize = 96;

/// How many bytes the form and the checksum take.
const CHECKED: usize = 5;

/// How many bytes are before the block at most.
const HEAD: usize = CHECKED + 5;

/// No block holds more than this many times its own length: what says so is damaged.
const MOST: usize = 256;

/// The same of a frame, in which four bytes can repeat a letter 128 KiB long.
const MOST_OF_FRAME: usize = 32 << 10;

/// How a text is stored from now on; worked out away from the text, which stays with its owner.
#[derive(Debug)]
pub(super) struct Packed(Vec<u8>);

impl Packed {
    /// How the document of a record is stored.
    pub(super) fn of_document(kind: Kind, text: &str) -> Self {
        match kind {
            Kind::Customer | Kind::Conversation => Self::with(block_of(text), text),
            _ => Self::of_event(text),
        }
    }

    /// How what an event keeps is stored.
    pub(super) fn of_event(text: &str) -> Self {
        Self::with(frame_of(text), text)
    }

    fn with(shorter: Option<Vec<u8>>, text: &str) -> Self {
        let mut bytes = shorter.unwrap_or_else(|| plain_of(text));
        let checksum = checksum_of(&bytes).to_le_bytes();
        if let Some(place) = bytes.get_mut(1..CHECKED) {
            place.copy_from_slice(&checksum);
        }
        Self(bytes)
    }

    /// The bound value.
    pub(super) fn bound(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(&self.0))
    }

    /// The same as a value of its own.
    pub(super) fn into_value(self) -> Value {
        Value::Blob(self.0)
    }
}

/// A text compressed, without its checksum; `None` when it would not be shorter.
fn block_of(text: &str) -> Option<Vec<u8>> {
    let (shortened, mut bytes) = shortened_with_head(SHORTENED, text)?;
    let head = bytes.len();
    bytes.reserve_exact(lz4_flex::block::get_maximum_output_size(shortened.len()));
    bytes.resize(bytes.capacity(), 0);
    // It has room for the worst.
    let body = bytes.get_mut(head..)?;
    let written = lz4_flex::block::compress_into_with_dict(&shortened, body, DICTIONARY).ok()?;
    bytes.truncate(head + written);
    (bytes.len() < CHECKED + text.len()).then_some(bytes)
}

/// The same as a frame.
fn frame_of(text: &str) -> Option<Vec<u8>> {
    let (shortened, mut bytes) = shortened_with_head(FRAME, text)?;
    let frame = compress(&shortened).ok()?;
    bytes.extend(frame.strip_prefix(&MAGIC)?);
    (bytes.len() < CHECKED + text.len()).then_some(bytes)
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    WRITER.with_borrow_mut(|writer| match writer {
        Some(writer) => writer.compress(bytes),
        None => {
            let mut made = Compressor::with_prepared_dictionary(&FOR_WRITING)?;
            // The form says both.
            made.set_parameter(CParameter::ContentSizeFlag(false))?;
            made.set_parameter(CParameter::DictIdFlag(false))?;
            writer.insert(made).compress(bytes)
        }
    })
}

fn decompress(frame: &[u8], length: usize) -> io::Result<Vec<u8>> {
    READER.with_borrow_mut(|reader| match reader {
        Some(reader) => reader.decompress(frame, length),
        None => reader.insert(Decompressor::with_prepared_dictionary(&FOR_READING)?).decompress(frame, length),
    })
}

/// A text shortened, and the head of its compressed form: the form, room for the checksum, the length. `None` when it is not
/// worth it.
fn shortened_with_head(form: u8, text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    if text.len() < SHORTEST {
        return None;
    }
    let shortened = shortened::of(text)?;
    let mut bytes = Vec::with_capacity(HEAD + shortened.len() / 2);
    bytes.extend([form, 0, 0, 0, 0]);
    let mut left = u32::try_from(shortened.len()).ok()?;
    // Seven bits in each byte, the least first; the eighth says that there is another.
    while let Ok(more @ 0x80..) = usize::try_from(left) {
        bytes.push(0x80 | u8::try_from(more & 0x7f).ok()?);
        left >>= 7;
    }
    bytes.push(u8::try_from(left).ok()?);
    Some((shortened, bytes))
}

fn plain_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(CHECKED + text.len());
    bytes.extend([PLAIN, 0, 0, 0, 0]);
    bytes.extend(text.as_bytes());
    bytes
}

/// Over everything but itself.
fn checksum_of(bytes: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(bytes.get(..1).unwrap_or_default());
    checksum.update(bytes.get(CHECKED..).unwrap_or_default());
    checksum.finalize()
}

/// A text out of its stored form.
#[derive(Debug)]
pub(super) struct Unpacked(pub(super) String);

impl FromSql for Unpacked {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => unpack(bytes).map(Self).map_err(FromSqlError::other),
            value => value.as_str().map(|text| Self(text.to_owned())),
        }
    }
}

/// The text of stored bytes; `None` when they are none of ours.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    unpack(bytes).ok()
}

/// Stored bytes that are no text of ours.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damaged {
    /// Of a form that this version does not know.
    #[error("a text of the form {0:?} is stored: it was written by a newer version, or is damaged")]
    Form(Option<u8>),
    /// Not the written bytes.
    #[error("a stored text is damaged: its checksum is wrong")]
    Checksum,
    /// A block that cannot be read.
    #[error("a stored text is damaged: {0}")]
    Block(String),
}

fn unpack(bytes: &[u8]) -> Result<String, Damaged> {
    let checked = |checksum: [u8; 4]| match u32::from_le_bytes(checksum) == checksum_of(bytes) {
        true => Ok(()),
        false => Err(Damaged::Checksum),
    };
    match bytes {
        [UNCHECKED, a, b, c, d, block @ ..] => unpack_block([*a, *b, *c, *d], block, FIRST),
        [form @ (FORMER | BLOCK), w, x, y, z, a, b, c, d, block @ ..] => {
            checked([*w, *x, *y, *z])?;
            unpack_block([*a, *b, *c, *d], block, if *form == BLOCK { SECOND } else { FIRST })
        }
        [SHORTENED, w, x, y, z, rest @ ..] => {
            checked([*w, *x, *y, *z])?;
            let (length, block) = length_of(rest).ok_or_else(|| Damaged::Block("it has no length".to_owned()))?;
            whole(&unpack_bytes(length, block, DICTIONARY)?)
        }
        [FRAME, w, x, y, z, rest @ ..] => {
            checked([*w, *x, *y, *z])?;
            let (length, frame) = length_of(rest).ok_or_else(|| Damaged::Block("it has no length".to_owned()))?;
            whole(&unpack_frame(length, frame)?)
        }
        [PLAIN, w, x, y, z, text @ ..] => {
            checked([*w, *x, *y, *z])?;
            String::from_utf8(text.to_vec()).map_err(|error| Damaged::Block(error.to_string()))
        }
        _ => Err(Damaged::Form(bytes.first().copied())),
    }
}

fn whole(shortened: &[u8]) -> Result<String, Damaged> {
    shortened::whole(shortened).ok_or_else(|| Damaged::Block("an id or a moment in it is cut off".to_owned()))
}

fn unpack_frame(length: usize, frame: &[u8]) -> Result<Vec<u8>, Damaged> {
    let damaged = |reason: &dyn ToString| Damaged::Block(reason.to_string());
    if length / MOST_OF_FRAME > frame.len() {
        return Err(damaged(&"it would be longer than a frame can be"));
    }
    let text = decompress(&[&MAGIC, frame].concat(), length).map_err(|error| damaged(&error))?;
    if text.len() != length {
        return Err(damaged(&"it is shorter than it was"));
    }
    Ok(text)
}

fn unpack_block(length: [u8; 4], block: &[u8], dictionary: &[u8]) -> Result<String, Damaged> {
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    String::from_utf8(unpack_bytes(length, block, dictionary)?).map_err(|error| Damaged::Block(error.to_string()))
}

fn unpack_bytes(length: usize, block: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, Damaged> {
    let damaged = |reason: &dyn ToString| Damaged::Block(reason.to_string());
    if length / MOST > block.len() {
        return Err(damaged(&"it would be longer than a block can be"));
    }
    let text = lz4_flex::block::decompress_with_dict(block, length, dictionary).map_err(|error| damaged(&error))?;
    if text.len() != length {
        return Err(damaged(&"it is shorter than it was"));
    }
    Ok(text)
}

/// A length at the beginning of bytes, and the rest.
fn length_of(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((length, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_unpacked_as_it_was(text in "(\\PC{0,40}|\"verified\":true|[0-9a-f]{20,30}|20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z?|[a-c]{0,20}){0,60}") {
            prop_assert_eq!(&unpack(&Packed::of_document(Kind::Customer, &text).0).unwrap(), &text);
            prop_assert_eq!(unpack(&Packed::of_event(&text).0).unwrap(), text);
        }

        #[test]
        fn a_bit_that_flipped_is_an_error_and_never_another_text(text in "(\\PC{0,40}|[a-c]{0,20}){0,30}", at in any::<prop::sample::Index>(), is_event in any::<bool>()) {
            let mut bytes = if is_event { Packed::of_event(&text).0 } else { Packed::of_document(Kind::Customer, &text).0 };
            let at = at.index(bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert!(unpack(&bytes).is_err());
        }

        #[test]
        fn damaged_bytes_are_reported_and_never_more(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in prop::sample::select(vec![UNCHECKED, FORMER, BLOCK, SHORTENED, FRAME, PLAIN, 0])) {
            drop(unpack(&[&[form][..], &bytes].concat()));
        }
    }

    #[test]
    fn common_text_takes_no_room_and_personal_text_stays_readable() {
        let text = std::str::from_utf8(DICTIONARY).unwrap().replace("displayName\":\"", "displayName\":\"Zyxsecret");
        let Packed(block) = Packed::of_document(Kind::Customer, &text);
        assert_eq!(block[0], SHORTENED);
        assert!(block.len() < text.len() / 10, "{} of {}", block.len(), text.len());
        // The text after it is in the dictionary, with its last letters before: `et","`.
        assert!(block.windows(7).any(|bytes| bytes == b"Zyxsecr"), "{}", String::from_utf8_lossy(&block));
        assert_eq!(unpack(&block).unwrap(), text);
    }

    #[test]
    fn texts_of_events_take_fewer_bytes() {
        let text = r#"{"attributes":{"preview":{"before":"Dear Ada, thank you for your call. The parcel left our house on Monday and
            should reach you within the week; write to us if it does not, and we send another one.","after":null}}}"#;
        let (event, customer) = (Packed::of_event(text).0, Packed::of_document(Kind::Customer, text).0);
        assert_eq!((event[0], customer[0]), (FRAME, SHORTENED));
        assert!(event.len() * 4 < customer.len() * 3, "{} of {}", event.len(), customer.len());
    }

    #[test]
    fn a_short_text_stays_readable() {
        let text = "{\"attributes\":{}}";
        assert!(Packed::of_event(text).0.ends_with(text.as_bytes()));
    }

    #[test]
    fn what_former_versions_wrote_is_read() {
        let text = std::str::from_utf8(FIRST).unwrap();
        let block = lz4_flex::block::compress_with_dict(text.as_bytes(), FIRST);
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        let former = [&[UNCHECKED][..], &length, &block].concat();
        assert_eq!(unpack(&former).unwrap(), text);
        for (form, dictionary) in [(FORMER, FIRST), (BLOCK, SECOND)] {
            let block = lz4_flex::block::compress_with_dict(text.as_bytes(), dictionary);
            let mut checked = [&[form, 0, 0, 0, 0][..], &length, &block].concat();
            let checksum = checksum_of(&checked).to_le_bytes();
            checked[1..CHECKED].copy_from_slice(&checksum);
            assert_eq!(unpack(&checked).unwrap(), text);
        }
        assert_eq!(Unpacked::column_result(ValueRef::Text(b"{}")).unwrap().0, "{}");
    }
}
