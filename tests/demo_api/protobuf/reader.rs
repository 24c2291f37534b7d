//! A reader of protocol buffers that knows nothing of the writer: keys, lengths and numbers only.

use reqwest::Response;
use serde_json::{Map, Value};

/// One field: its number, and a number or bytes.
#[derive(Debug, Clone)]
enum Content {
    Number(i64),
    Bytes(Vec<u8>),
}

/// A message, as the fields it was sent with.
#[derive(Debug, Clone, Default)]
pub struct Message(Vec<(u64, Content)>);

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0_u64, 0);
    loop {
        let (first, rest) = bytes.split_first().expect("a number ends inside the message");
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return number;
        }
    }
}

impl Message {
    /// Reads a message; panics where the bytes are none.
    pub fn read(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let content = match key & 7 {
                0 => Content::Number(varint(&mut bytes).cast_signed()),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)).unwrap();
                    let (content, rest) = bytes.split_at(length);
                    bytes = rest;
                    Content::Bytes(content.to_vec())
                }
                wire => panic!("wire type {wire} is not used by the API"),
            };
            fields.push((key >> 3, content));
        }
        assert!(fields.is_sorted_by_key(|(number, _)| *number), "the API server sends fields in ascending order");
        Self(fields)
    }

    fn all(&self, number: u64) -> impl Iterator<Item = &Content> {
        self.0.iter().filter(move |(found, _)| *found == number).map(|(_, content)| content)
    }

    /// Returns the first field of that number, empty where absent.
    pub fn bytes(&self, number: u64) -> &[u8] {
        match self.all(number).next() {
            Some(Content::Bytes(bytes)) => bytes,
            Some(Content::Number(_)) => panic!("{number} is a number"),
            None => &[],
        }
    }

    pub fn text(&self, number: u64) -> &str {
        std::str::from_utf8(self.bytes(number)).unwrap()
    }

    pub fn number(&self, number: u64) -> i64 {
        match self.all(number).next() {
            Some(Content::Number(value)) => *value,
            Some(Content::Bytes(_)) => panic!("{number} is not a number"),
            None => 0,
        }
    }

    /// Returns the first message of that number, empty where absent.
    pub fn message(&self, number: u64) -> Self {
        Self::read(self.bytes(number))
    }

    pub fn messages(&self, number: u64) -> Vec<Self> {
        let read = |content: &Content| match content {
            Content::Bytes(bytes) => Self::read(bytes),
            Content::Number(_) => panic!("{number} is a number"),
        };
        self.all(number).map(read).collect()
    }

    /// Returns a map of strings as JSON.
    pub fn entries(&self, number: u64) -> Value {
        let pairs = self.messages(number);
        pairs.iter().map(|pair| (pair.text(1).to_owned(), Value::from(pair.text(2)))).collect::<Map<_, _>>().into()
    }

    /// Returns a map of messages as JSON, each reduced to a text.
    pub fn entries_of(&self, number: u64, reduce: impl Fn(&Self) -> &str) -> Value {
        let pairs = self.messages(number);
        let one = |pair: &Self| (pair.text(1).to_owned(), Value::from(reduce(&pair.message(2))));
        pairs.iter().map(one).collect::<Map<_, _>>().into()
    }
}

/// Opens an envelope: returns version and kind, and the message.
pub fn enveloped(bytes: &[u8]) -> (String, Message) {
    let unknown = Message::read(bytes.strip_prefix(b"k8s\0").expect("it begins with k8s and a zero"));
    let kind = unknown.message(1);
    (format!("{} {}", kind.text(1), kind.text(2)), Message::read(unknown.bytes(2)))
}

/// Reads a watch frame by frame.
pub struct Frames {
    response: Response,
    buffer: Vec<u8>,
}

impl Frames {
    pub fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// Returns word, kind and object of the next event; none at a clean end.
    pub async fn next(&mut self) -> Option<(String, String, Message)> {
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*head)).unwrap();
                if rest.len() >= length {
                    let event = Message::read(&rest[..length]);
                    self.buffer.drain(..4 + length);
                    let (kind, object) = enveloped(event.message(2).bytes(1));
                    return Some((event.text(1).to_owned(), kind, object));
                }
            }
            let Some(chunk) = self.response.chunk().await.unwrap() else {
                assert!(self.buffer.is_empty(), "the watch ended inside a frame");
                return None;
            };
            self.buffer.extend_from_slice(&chunk);
        }
    }
}
