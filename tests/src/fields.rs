//! What may stand in a field, read from the .proto files: for every field of a message, messages in which only this
//! field is below, at or above its bound, empty, absent or wrong.
#![expect(clippy::panic, reason = "a .proto file that cannot be walked stops the test")]

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

/// A message in which one field is tried.
#[derive(Clone, Debug)]
pub struct Case {
    /// the field and what was done to it
    pub what: String,
    /// the message
    pub message: DynamicMessage,
    /// the field that must be named when the message is refused; none when the field is within its bound
    pub outside: Option<String>,
}

/// All messages and services of the wire, with the options of their fields.
#[must_use]
pub fn pool() -> DescriptorPool {
    DescriptorPool::decode(lacre_proto::DESCRIPTORS).unwrap_or_else(|e| panic!("descriptors: {e}"))
}

#[derive(Clone, Copy, Default)]
struct Bound {
    /// bytes, or the value of a number
    least: u64,
    most: u64,
    or_empty: bool,
    items: (u64, u64),
    /// bytes of all items together, 0 for any
    total: u64,
    required: bool,
    /// it is said whether a message has to be there
    said: bool,
    /// lengths or values are bounded
    valued: bool,
}

fn bound(field: &FieldDescriptor) -> Bound {
    let pool = field.parent_pool();
    let Some(extension) = pool.get_extension_by_name("lacre.bounds.bound") else { panic!("the bounds have gone") };
    let options = field.options();
    if !options.has_extension(&extension) {
        return Bound::default();
    }
    let value = options.get_extension(&extension);
    let Some(m) = value.as_message() else { panic!("a bound is a message") };
    let number = |name: &str| match m.get_field_by_name(name).as_deref() {
        Some(Value::U32(n)) => u64::from(*n),
        Some(Value::U64(n)) => *n,
        _ => 0,
    };
    let flag = |name: &str| matches!(m.get_field_by_name(name).as_deref(), Some(Value::Bool(true)));
    let (least, most) = match field.kind() {
        Kind::Bytes | Kind::String if number("len") > 0 => (number("len"), number("len")),
        Kind::Bytes | Kind::String => (number("min_len"), number("max_len")),
        _ => (number("min"), number("max")),
    };
    Bound {
        least,
        most,
        or_empty: flag("or_empty"),
        items: (number("min_items"), number("max_items")),
        total: number("max_total_bytes"),
        required: flag("required"),
        said: m.has_field_by_name("required"),
        valued: most > 0,
    }
}

/// Fields of this message, and of what it contains, that have no bound and need one: numbers, texts, bytes, and how often
/// a repeated field may come. Messages outside a oneof must say whether they have to be there.
#[must_use]
pub fn unbounded(message: &MessageDescriptor) -> Vec<String> {
    let mut out = Vec::new();
    for field in message.fields() {
        let b = bound(&field);
        let valued = match field.kind() {
            Kind::Bool | Kind::Enum(_) => true,
            Kind::Message(inner) => {
                out.extend(unbounded(&inner));
                field.is_list() || field.containing_oneof().is_some() || b.said
            }
            _ => b.valued,
        };
        if !valued || (field.is_list() && b.items.1 == 0) || field.is_map() {
            out.push(field.full_name().to_owned());
        }
    }
    out
}

/// The smallest message whose fields are all within their bounds.
#[must_use]
pub fn fair(message: &MessageDescriptor) -> DynamicMessage {
    made(message, 0)
}

/// As [`fair`], with at least one item in each repeated field.
#[must_use]
pub fn full(message: &MessageDescriptor) -> DynamicMessage {
    made(message, 1)
}

fn made(message: &MessageDescriptor, items: u64) -> DynamicMessage {
    let mut out = DynamicMessage::new(message.clone());
    for field in message.fields() {
        let b = bound(&field);
        if let Some(oneof) = field.containing_oneof() {
            // the first of its fields
            if oneof.fields().next().as_ref() == Some(&field) {
                out.set_field(&field, good(&field, b));
            }
        } else if field.is_list() {
            out.set_field(&field, Value::List(repeated(&good(&field, b), b.items.0.max(items))));
        } else if b.required || !matches!(field.kind(), Kind::Message(_)) {
            out.set_field(&field, good(&field, b));
        }
    }
    out
}

fn repeated(item: &Value, times: u64) -> Vec<Value> {
    (0..times).map(|_| item.clone()).collect()
}

/// One value of a field that is within its bound.
fn good(field: &FieldDescriptor, b: Bound) -> Value {
    match field.kind() {
        Kind::Message(inner) => Value::Message(fair(&inner)),
        Kind::Enum(e) => Value::EnumNumber(e.values().map(|v| v.number()).find(|n| *n != 0).unwrap_or_default()),
        Kind::Bool => Value::Bool(false),
        _ => scalar(field, b.least),
    }
}

/// A message that is otherwise [`fair`] and has this encoded length: its longest bytes are made to fit.
fn of_length(message: &MessageDescriptor, bytes: u64) -> DynamicMessage {
    let mut made = fair(message);
    let longest = message.fields().filter(|f| matches!(f.kind(), Kind::Bytes) && !f.is_list()).max_by_key(|f| bound(f).most);
    let Some(field) = longest else { panic!("{} has no bytes that could be longer", message.full_name()) };
    let around = bytes.saturating_sub(made.encoded_len() as u64);
    // the length itself takes one to three bytes more
    for n in (around.saturating_sub(3)..=around + 1).rev() {
        made.set_field(&field, scalar(&field, n));
        if made.encoded_len() as u64 == bytes {
            return made;
        }
    }
    panic!("no {} has {bytes} bytes", message.full_name())
}

/// Bytes or text of this length, or this number.
fn scalar(field: &FieldDescriptor, n: u64) -> Value {
    let length = usize::try_from(n).unwrap_or(usize::MAX);
    match field.kind() {
        Kind::Bytes => Value::Bytes(vec![b'1'; length].into()),
        Kind::String => Value::String("1".repeat(length)),
        Kind::Uint32 => Value::U32(u32::try_from(n).unwrap_or(u32::MAX)),
        Kind::Uint64 => Value::U64(n),
        other => panic!("{}: {other:?} cannot be bounded", field.full_name()),
    }
}

/// Every field of the message and of what it contains, tried alone; the rest is [`fair`].
#[must_use]
pub fn cases(message: &MessageDescriptor) -> Vec<Case> {
    let mut out = Vec::new();
    for field in message.fields() {
        let b = bound(&field);
        let mut put = |what: String, value: Option<Value>, outside: Option<String>| {
            let mut made = fair(message);
            match value {
                Some(value) => made.set_field(&field, value),
                None => made.clear_field(&field),
            }
            out.push(Case { what: format!("{}: {what}", field.full_name()), message: made, outside });
        };
        let name = || Some(field.name().to_owned());
        if field.is_list() {
            let item = good(&field, b);
            let (least, most) = b.items;
            put(format!("{least} items"), Some(Value::List(repeated(&item, least))), None);
            put(format!("{most} items"), Some(Value::List(repeated(&item, most))), None);
            put(format!("{} items", most + 1), Some(Value::List(repeated(&item, most + 1))), name());
            if let (Kind::Message(inner), true) = (field.kind(), b.total > 0) {
                for (bytes, outside) in [(b.total, None), (b.total + 1, name())] {
                    let items = [bytes / 2, bytes.div_ceil(2)].map(|n| Value::Message(of_length(&inner, n)));
                    put(format!("{bytes} bytes in all"), Some(Value::List(items.into())), outside);
                }
            }
            if least > 0 {
                put("no item".into(), None, name());
                put(format!("{} items", least - 1), Some(Value::List(repeated(&item, least - 1))), name());
            }
            for (what, value, outside) in values(&field, b) {
                let mut items = repeated(&item, least.saturating_sub(1));
                items.push(value);
                put(format!("an item {what}"), Some(Value::List(items)), outside);
            }
            continue;
        }
        for (what, value, outside) in values(&field, b) {
            put(what, Some(value), outside);
        }
        if let Some(oneof) = field.containing_oneof() {
            // which of a oneof's fields is there does not matter for none being there: tried at its first
            if oneof.fields().next().as_ref() == Some(&field) {
                let required = oneof.fields().any(|f| bound(&f).required);
                put("none of its oneof".into(), None, required.then(|| oneof.name().to_owned()));
            }
        } else {
            let may = match field.kind() {
                Kind::Message(_) => !b.required,
                Kind::Enum(_) => false,
                Kind::Bool => true,
                _ => b.least == 0 || (b.or_empty && matches!(field.kind(), Kind::Bytes | Kind::String)),
            };
            put("absent".into(), None, if may { None } else { name() });
        }
    }
    out
}

/// Values of one field, or of one item of it: what was done, the value, and the field to be named.
fn values(field: &FieldDescriptor, b: Bound) -> Vec<(String, Value, Option<String>)> {
    let name = || Some(field.name().to_owned());
    let mut out = Vec::new();
    match field.kind() {
        Kind::Message(inner) => {
            for case in cases(&inner) {
                out.push((format!("with {}", case.what), Value::Message(case.message), case.outside));
            }
        }
        Kind::Bool => out.extend([false, true].map(|v| (v.to_string(), Value::Bool(v), None))),
        Kind::Enum(e) => {
            let named: Vec<i32> = e.values().map(|v| v.number()).collect();
            let unknown = named.iter().max().map_or(1, |n| n + 1);
            for n in named.into_iter().chain([unknown, -1, i32::MAX]) {
                let known = n != 0 && e.get_value(n).is_some();
                out.push((format!("{n}"), Value::EnumNumber(n), if known { None } else { name() }));
            }
        }
        kind => {
            let bytes = matches!(kind, Kind::Bytes | Kind::String);
            let fits = |n: u64| n >= b.least && n <= b.most || (n == 0 && b.or_empty && bytes);
            let most_of_type = if matches!(kind, Kind::Uint32) { u64::from(u32::MAX) } else { u64::MAX };
            let mut tried = vec![b.least.saturating_sub(1), b.least, b.most, b.most.saturating_add(1), 0];
            if !bytes {
                tried.push(most_of_type);
            }
            tried.retain(|n| *n <= most_of_type);
            tried.sort_unstable();
            tried.dedup();
            for n in tried {
                let unit = if bytes { " bytes" } else { "" };
                out.push((format!("{n}{unit}"), scalar(field, n), if fits(n) { None } else { name() }));
            }
        }
    }
    out
}

/// The same message with each other value of its own enums: what a call allows may hang on them.
#[must_use]
pub fn with_other_enums(message: &DynamicMessage) -> Vec<DynamicMessage> {
    let mut out = Vec::new();
    for field in message.descriptor().fields() {
        if let Kind::Enum(e) = field.kind()
            && !field.is_list()
        {
            for value in e.values().filter(|v| v.number() != 0) {
                let mut other = message.clone();
                other.set_field(&field, Value::EnumNumber(value.number()));
                out.push(other);
            }
        }
    }
    out
}
