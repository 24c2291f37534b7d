//! The table of messages.

use std::collections::HashMap;

const MESSAGES: &str = include_str!("messages.txt");
const CUSTOM: &str = include_str!("custom.txt");

/// Type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Bool,
    Double,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// Any JSON object as bytes in a message.
    Raw,
    Message(&'static str),
    List(Box<Kind>),
    Map(Box<Kind>),
    /// A message whose only field is a list.
    Wrapped(Box<Kind>),
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Name in JSON; none where the message's fields stand in the parent itself.
    pub(super) name: Option<&'static str>,
    /// Whether zero, false and empty are values rather than absence.
    pub(super) keeps_zero: bool,
    pub(super) kind: Kind,
}

/// Every message, by name.
#[derive(Debug)]
pub(in super::super) struct Schema(HashMap<&'static str, Vec<Field>>);

impl Schema {
    /// Reads the table.
    pub(in super::super) fn read() -> Self {
        let message = |line: &'static str| {
            let (name, fields) = line.split_once(" =")?;
            let mut fields: Vec<Field> = fields.split(';').filter_map(field).collect();
            // The API server sends fields in ascending order.
            fields.sort_by_key(|field| field.number);
            Some((name, fields))
        };
        Self(MESSAGES.lines().chain(CUSTOM.lines()).filter_map(message).collect())
    }

    pub(super) fn fields(&self, message: &str) -> Option<&[Field]> {
        self.0.get(message).map(Vec::as_slice)
    }

    /// Tells whether objects of a kind have a protobuf form here.
    pub(in super::super) fn knows(&self, api_version: &str, kind: &str) -> bool {
        super::message_name(api_version, kind).is_some_and(|name| self.0.contains_key(name.as_str()))
    }
}

fn field(text: &'static str) -> Option<Field> {
    let mut words = text.split_whitespace();
    let (number, name, kind) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    let (keeps_zero, kind) = kind.strip_prefix('!').map_or((false, kind), |kind| (true, kind));
    Some(Field { number, name: Some(name).filter(|name| *name != "~"), keeps_zero, kind: parse(kind) })
}

fn parse(kind: &'static str) -> Kind {
    if let Some(inner) = kind.strip_prefix('*') {
        return Kind::List(Box::new(parse(inner)));
    }
    if let Some(inner) = kind.strip_prefix('{') {
        return Kind::Map(Box::new(parse(inner)));
    }
    if let Some(inner) = kind.strip_prefix('@') {
        return Kind::Wrapped(Box::new(parse(inner)));
    }
    match kind {
        "string" => Kind::Text,
        "int" => Kind::Int,
        "bool" => Kind::Bool,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "Time" => Kind::Time,
        "MicroTime" => Kind::MicroTime,
        "Quantity" => Kind::Quantity,
        "IntOrString" => Kind::IntOrString,
        "RawExtension" | "FieldsV1" => Kind::Raw,
        message => Kind::Message(message),
    }
}
