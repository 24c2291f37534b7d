//! Between bytes and objects: the one place that knows the encoding, so that another can take it.

use bytes::{Buf, Bytes, BytesMut};

use crate::{
    cluster::wire::{self, Interner, Line, Page},
    domain::Family,
};

/// Reads lists and watches of one family in one encoding.
pub trait Reader: Send {
    /// Reads one page of a list.
    ///
    /// # Errors
    /// Broken or cut text.
    fn page(&mut self, body: &[u8]) -> serde_json::Result<Page>;

    /// Takes bytes of a watch, however they are cut.
    fn feed(&mut self, bytes: &Bytes);

    /// Returns the next whole event fed so far.
    ///
    /// # Errors
    /// Broken text.
    fn next(&mut self) -> Option<serde_json::Result<Line>>;

    /// Ends a watch: returns what was left without its end, and makes ready for another one.
    fn end(&mut self) -> Option<serde_json::Result<Line>>;
}

/// JSON lists, and watches of one JSON document a line.
#[derive(Debug)]
pub struct JsonLines {
    family: Family,
    intern: Interner,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
}

impl JsonLines {
    /// Makes a reader of a family.
    pub fn new(family: Family) -> Self {
        Self { family, intern: Interner::default(), buffer: BytesMut::new(), searched: 0 }
    }

    fn decode(&mut self, line: &[u8]) -> serde_json::Result<Line> {
        wire::decode_line(self.family, line, &mut self.intern)
    }
}

impl Reader for JsonLines {
    fn page(&mut self, body: &[u8]) -> serde_json::Result<Page> {
        wire::decode_page(self.family, body, &mut self.intern)
    }

    fn feed(&mut self, bytes: &Bytes) {
        self.buffer.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<serde_json::Result<Line>> {
        loop {
            let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
                self.searched = self.buffer.len();
                return None;
            };
            let line = self.buffer.split_to(self.searched + at);
            self.buffer.advance(1);
            self.searched = 0;
            if !line.trim_ascii().is_empty() {
                return Some(self.decode(&line));
            }
        }
    }

    fn end(&mut self) -> Option<serde_json::Result<Line>> {
        let rest = self.buffer.split();
        self.searched = 0;
        (!rest.trim_ascii().is_empty()).then(|| self.decode(&rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_however_the_bytes_are_cut() {
        let text = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n\n\
                    {\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"2\"}}}\r\n";
        for size in [1, 7, 64, 1000] {
            let mut reader = JsonLines::new(Family::Pods);
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                reader.feed(&Bytes::copy_from_slice(piece));
                while let Some(line) = reader.next() {
                    found.push(line.unwrap());
                }
            }
            assert_eq!(found, [Line::Bookmark("1".into()), Line::Bookmark("2".into())], "{size}");
            assert!(reader.end().is_none());
        }
    }

    #[test]
    fn a_line_without_its_end_counts_when_it_is_whole() {
        let mut reader = JsonLines::new(Family::Pods);
        reader.feed(&Bytes::from_static(b"{\"type\":\"BOOKMARK\",\"object\":{}}"));
        assert!(reader.next().is_none());
        assert_eq!(reader.end().unwrap().unwrap(), Line::Bookmark(String::new()));
        reader.feed(&Bytes::from_static(b"{\"type\":\"BOOKM"));
        assert!(reader.end().unwrap().unwrap_err().is_eof());
        assert!(reader.end().is_none(), "what was cut does not reach the next watch");
    }
}
