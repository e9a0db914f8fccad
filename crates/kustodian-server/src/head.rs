//! What of the heads of requests the library below takes away before anybody of ours sees it: a length beside chunks, which
//! it drops, and a length that it cannot count to, which it calls a head that is too large.

/// A reader of the heads on a connection that checks their lengths, however many arrive at once.
#[derive(Default)]
pub(crate) struct HeadScan {
    /// The beginning of the line that is being read.
    line: Vec<u8>,
    head: Head,
    /// How many bytes of a body are passed over.
    body: u64,
    /// How many heads are complete.
    complete: u64,
    /// Which head has two lengths, counted from 0. No request follows one.
    two_lengths: Option<u64>,
    is_endless: bool,
    /// Whether what follows has no head, or is not run.
    is_over: bool,
}

/// The parsed head of one request.
#[derive(Default)]
struct Head {
    has_begun: bool,
    length: Option<u64>,
    has_coding: bool,
}

/// How many bytes of a line are read: more than any length takes.
const LOOKED_AT: usize = 64;

/// The least length that the library does not take.
const ENDLESS: u64 = u64::MAX - 1;

/// With what a connection begins that speaks HTTP/2, which has no such heads.
const HTTP2: &[u8] = b"PRI * HTTP/2.0";

impl HeadScan {
    /// Reads on.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_over {
            if self.body > 0 {
                let passed = usize::try_from(self.body).unwrap_or(usize::MAX).min(bytes.len());
                self.body -= passed as u64;
                bytes = &bytes[passed..];
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            let (part, rest) = bytes.split_at(end);
            let room = LOOKED_AT.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.end_line();
            }
            bytes = rest;
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if line.is_empty() {
            // Empty lines before a request are passed over.
            if self.head.has_begun {
                self.end_head();
            }
        } else if !self.head.has_begun {
            self.head.has_begun = true;
            self.is_over = self.complete == 0 && line == HTTP2;
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let (name, value) = line.split_at(colon);
            self.head.has_coding |= name.eq_ignore_ascii_case(b"transfer-encoding");
            if name.eq_ignore_ascii_case(b"content-length") {
                let value = std::str::from_utf8(&value[1..]).unwrap_or_default();
                let length = value.trim().parse::<u64>().unwrap_or_default();
                self.head.length = Some(length);
                self.is_endless |= length >= ENDLESS;
            }
            if self.head.has_coding && self.head.length.is_some() {
                self.two_lengths = Some(self.complete);
            }
        }
    }

    fn end_head(&mut self) {
        let head = std::mem::take(&mut self.head);
        self.body = head.length.unwrap_or_default();
        self.complete += 1;
        // The connection ends with a body in chunks, and with one that nobody can count to.
        self.is_over = head.has_coding || self.is_endless;
    }

    /// Which request, counted from 0, says twice how long its body is, in two ways.
    pub(crate) fn two_lengths(&self) -> Option<u64> {
        self.two_lengths
    }

    /// Whether one announces a body of a length that nobody can count to.
    pub(crate) fn is_endless(&self) -> bool {
        self.is_endless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &str, at_a_time: usize) -> (u64, Option<u64>, bool) {
        let mut scan = HeadScan::default();
        bytes.as_bytes().chunks(at_a_time).for_each(|bytes| scan.read(bytes));
        (scan.complete, scan.two_lengths(), scan.is_endless())
    }

    #[test]
    fn lengths_are_found_in_heads_alone_however_they_arrive() {
        let long = "x".repeat(300);
        for at_a_time in [1, 7, 10_000] {
            for (heads, expected) in [
                ("POST / HTTP/1.1\r\nContent-Length: 2\r\ntransfer-encoding: chunked\r\n\r\n", (1, Some(0), false)),
                ("\r\nPOST / HTTP/1.1\nTRANSFER-ENCODING:chunked\ncontent-length:2\n\n", (1, Some(0), false)),
                ("POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\n\ntransfer-encoding: chunked\r\n\n", (1, None, false)),
                ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", (1, None, true)),
                ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551613\r\n\r\n", (1, None, false)),
                ("POST /content-length:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", (0, None, false)),
                (
                    "GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n{\r\n}\
                     POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                    (3, Some(2), false),
                ),
                (
                    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
                     POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                    (1, None, false),
                ),
                ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nContent-Length: 2\r\n\r\n", (0, None, false)),
            ] {
                assert_eq!(scan(heads, at_a_time), expected, "{heads} in pieces of {at_a_time}");
            }
            let head =
                format!("POST /{long} HTTP/1.1\r\nX: {long}\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n");
            assert_eq!(scan(&head, at_a_time), (1, Some(0), false));
        }
    }
}
