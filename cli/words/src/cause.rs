//! What the system says when it cannot do something, in the person's language.
//!
//! The common kinds have sentences; a rare one is quoted as the system says it, and said to be a technical detail: no sentence
//! goes over into another language in its middle.

use crate::shown::shown;
use crate::words::{Words, key};
use std::io::{Error, ErrorKind};

/// The cause in words.
#[must_use]
pub fn cause(words: &Words, error: &Error) -> String {
    match kind_key(error.kind()) {
        Some(key) => words.say(key),
        None => technical(words, &error.to_string()),
    }
}

/// The same of a text that ends with the system's own sentence and number (`… (os error 28)`): libraries hand errors on so.
#[must_use]
pub fn cause_in(words: &Words, text: &str) -> String {
    known_in(words, text).unwrap_or_else(|| technical(words, text))
}

/// What only those who make or run the program can read, quoted. Nothing of nothing.
fn technical(words: &Words, text: &str) -> String {
    if text.is_empty() { String::new() } else { words.say_with("cause-technical", &[("text", shown(text).into())]) }
}

/// A cause that has a sentence.
#[must_use]
pub fn known_in(words: &Words, text: &str) -> Option<String> {
    if let Some((line, _)) = text.strip_prefix("line ").and_then(|rest| rest.split_once(": expected ")) {
        return Some(words.say_with("cause-line", &[("line", shown(line).into()), ("text", shown(text).into())]));
    }
    // who has a proxy is told about the proxy, whatever the system said of it
    if let Some(key) = in_our_words(text) {
        return Some(words.say(key));
    }
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.split_once(')')).and_then(|(n, _)| n.parse().ok());
    let said = number.and_then(|n| kind_key(Error::from_raw_os_error(n).kind())).map(|key| words.say(key));
    said.or_else(|| in_libraries_words(text).map(|key| words.say(key)))
}

/// What our own crates say, by words that stand in their sentences.
fn in_our_words(text: &str) -> Option<&'static str> {
    let ours = [
        ("the proxy does not answer", key("cause-proxy")),
        ("the proxy does not reach the relay", key("cause-proxy-no-way")),
        ("certificate is not valid at this machine's time", key("cause-certificate-time")),
        ("not signed by a trusted key", key("cause-not-signed")),
        ("not a signed note", key("cause-no-note")),
        ("only admins write in this group", key("cause-only-admins")),
        ("a lost phone is still in the group", key("cause-lost-phone")),
        ("the other is not in the conversation yet", key("cause-nobody-there")),
        ("the relay refused: LIMIT", key("cause-slower")),
        ("disk_full", key("cause-relay-full")),
        ("the relay cannot store just now", key("cause-relay-store")),
    ];
    ours.into_iter().find(|(said, _)| text.contains(said)).map(|(_, key)| key)
}

/// What libraries say of a line, by words that stand in their sentences.
fn in_libraries_words(text: &str) -> Option<&'static str> {
    let says = |some: &[&str]| some.iter().any(|part| text.contains(part));
    if says(&[
        "close_notify",
        "handshake eof",
        "connection closed",
        "broken pipe",
        "stream closed",
        "ended the stream",
        "broke off",
    ]) {
        Some(key("cause-cut-off"))
    } else if says(&["not connected within", "no answer within", "no answer to", "stood still"]) {
        Some(key("cause-no-answer"))
    } else {
        None
    }
}

const fn kind_key(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => key("cause-not-found"),
        ErrorKind::PermissionDenied => key("cause-not-permitted"),
        ErrorKind::AlreadyExists => key("cause-there-already"),
        ErrorKind::IsADirectory => key("cause-is-folder"),
        ErrorKind::NotADirectory => key("cause-no-folder"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => key("cause-disk-full"),
        ErrorKind::ReadOnlyFilesystem => key("cause-read-only"),
        ErrorKind::FileTooLarge => key("cause-too-large"),
        ErrorKind::InvalidFilename => key("cause-bad-name"),
        ErrorKind::ConnectionRefused => key("cause-refused"),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            key("cause-cut-off")
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => key("cause-no-network"),
        ErrorKind::TimedOut => key("cause-no-answer"),
        ErrorKind::AddrInUse => key("cause-in-use"),
        ErrorKind::OutOfMemory => key("cause-no-memory"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn what_the_system_says_is_said_in_the_persons_language() {
        let (es, en) = (Words::new(Lang::Es, &[]), Words::new(Lang::En, &[]));
        for (number, spanish, english) in [
            (2, "no existe", "it does not exist"),
            (13, "no hay permiso", "it is not permitted"),
            (28, "no queda espacio en el disco", "no room is left on the disk"),
            (111, "nadie atiende en esa dirección", "nobody answers at that address"),
        ] {
            let error = Error::from_raw_os_error(number);
            assert_eq!((cause(&es, &error).as_str(), cause(&en, &error).as_str()), (spanish, english));
            assert_eq!(cause_in(&es, &format!("connect: {error}")), spanish);
        }
        let line = "line 5: expected nothing more";
        assert_eq!(cause_in(&es, line), "la línea 5 no es de su forma (detalle técnico: «line 5: expected nothing more»)");
        assert_eq!(cause_in(&es, "not signed by a trusted key"), "no la firmó quien debía firmarla");
        let strange = "some\u{1b}thing (os error 99999)";
        assert_eq!(cause_in(&es, strange), "detalle técnico: «some\\u{1b}thing (os error 99999)»");
        assert_eq!(cause_in(&en, "plain"), "technical detail: “plain”");
        assert_eq!((cause_in(&es, ""), known_in(&es, "plain")), (String::new(), None));
        assert_eq!(cause_in(&es, "peer closed connection without sending TLS close_notify"), "la conexión se cortó");
        let proxy = format!("the proxy does not answer: {}", Error::from_raw_os_error(111));
        assert_eq!(cause_in(&es, &proxy), "el proxy no responde", "and not: the relay does not");
        // whose disk it is decides who can do something about it
        let full = "the relay refused: STORE_DOWN (why disk_full): the relay cannot store just now: try again";
        assert_eq!(
            (cause_in(&es, full).as_str(), cause_in(&en, full).as_str()),
            ("el disco del servidor está lleno", "the relay's disk is full")
        );
        assert_eq!(cause_in(&es, "the relay cannot store just now: try again"), "el servidor no puede guardar por ahora");
        assert_eq!(cause_in(&en, "not connected within 15000 ms"), "no answer came in time");
    }
}
