//! What the system says when it cannot do something, in the person's language.
//!
//! The common kinds have sentences; a rare one is shown as the system says it, which is better than nothing.

use crate::shown::shown;
use crate::words::{Words, key};
use std::io::{Error, ErrorKind};

/// The cause in words.
#[must_use]
pub fn cause(words: &Words, error: &Error) -> String {
    match kind_key(error.kind()) {
        Some(key) => words.say(key),
        None => shown(&error.to_string()),
    }
}

/// The same of a text that ends with the system's own sentence and number (`… (os error 28)`): libraries hand errors on so.
/// Anything else is shown as it is.
#[must_use]
pub fn cause_in(words: &Words, text: &str) -> String {
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.split_once(')')).and_then(|(n, _)| n.parse().ok());
    let said = number.and_then(|n| kind_key(Error::from_raw_os_error(n).kind())).map(|key| words.say(key));
    said.or_else(|| in_libraries_words(text).map(|key| words.say(key))).unwrap_or_else(|| shown(text))
}

/// What libraries say of a line and of a relay's disk, by words that stand in their sentences.
fn in_libraries_words(text: &str) -> Option<&'static str> {
    let says = |some: &[&str]| some.iter().any(|part| text.contains(part));
    if says(&["close_notify", "handshake eof", "connection closed", "broken pipe", "stream closed"]) {
        Some(key("cause-cut-off"))
    } else if says(&["not connected within", "no answer within"]) {
        Some(key("cause-no-answer"))
    } else if says(&["disk_full"]) {
        Some(key("cause-disk-full"))
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
        assert_eq!(cause_in(&es, "some\u{1b}thing (os error 99999)"), "some\\u{1b}thing (os error 99999)");
        assert_eq!(cause_in(&es, "plain"), "plain");
        assert_eq!(cause_in(&es, "peer closed connection without sending TLS close_notify"), "la conexión se cortó");
        assert_eq!(cause_in(&en, "not connected within 15000 ms"), "no answer came in time");
    }
}
