//! What of the head of a request the library below takes away before anybody of ours sees it: a length beside chunks, which
//! it drops, and a length that it cannot count to, which it calls a head that is too large.

/// A reader of heads that checks their lengths.
#[derive(Default)]
pub(crate) struct HeadScan {
    /// The beginning of the line that is being read.
    line: Vec<u8>,
    has_begun: bool,
    is_complete: bool,
    has_length: bool,
    has_coding: bool,
    is_endless: bool,
}

/// How many bytes of a line are read: more than any length takes.
const LOOKED_AT: usize = 64;

/// The least length that the library does not take.
const ENDLESS: u64 = u64::MAX - 1;

impl HeadScan {
    /// Reads on. Bytes after the head are skipped.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.is_complete {
                return;
            }
            let room = LOOKED_AT.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if line.is_empty() {
            // Empty lines before a request are passed over.
            self.is_complete = self.has_begun;
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':').filter(|_| self.has_begun) {
            let (name, value) = line.split_at(colon);
            self.has_coding |= name.eq_ignore_ascii_case(b"transfer-encoding");
            if name.eq_ignore_ascii_case(b"content-length") {
                self.has_length = true;
                let value = std::str::from_utf8(&value[1..]).unwrap_or_default();
                self.is_endless |= value.trim().parse::<u64>().is_ok_and(|length| length >= ENDLESS);
            }
        }
        self.has_begun |= !line.is_empty();
    }

    /// Whether the head says twice how long its body is, in two ways.
    pub(crate) fn has_two_lengths(&self) -> bool {
        self.has_length && self.has_coding
    }

    /// Whether it announces a body of a length that nobody can count to.
    pub(crate) fn is_endless(&self) -> bool {
        self.is_endless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(head: &str, at_a_time: usize) -> (bool, bool, bool) {
        let mut scan = HeadScan::default();
        head.as_bytes().chunks(at_a_time).for_each(|bytes| scan.read(bytes));
        (scan.is_complete, scan.has_two_lengths(), scan.is_endless())
    }

    #[test]
    fn lengths_are_found_in_the_head_alone_however_it_arrives() {
        let long = "x".repeat(300);
        for at_a_time in [1, 7, 10_000] {
            for (head, expected) in [
                ("POST / HTTP/1.1\r\nContent-Length: 2\r\ntransfer-encoding: chunked\r\n\r\n", (true, true, false)),
                ("\r\nPOST / HTTP/1.1\nTRANSFER-ENCODING:chunked\ncontent-length:2\n\n", (true, true, false)),
                ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\ntransfer-encoding: chunked\r\n", (true, false, false)),
                ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", (true, false, true)),
                ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551613\r\n\r\n", (true, false, false)),
                ("POST /content-length:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", (false, false, false)),
            ] {
                assert_eq!(scan(head, at_a_time), expected, "{head} in pieces of {at_a_time}");
            }
            let head =
                format!("POST /{long} HTTP/1.1\r\nX: {long}\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n");
            assert_eq!(scan(&head, at_a_time), (true, true, false));
        }
    }
}
