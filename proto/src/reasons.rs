//! Why a relay says no: the closed list that relay, client and PROTOCOL.md 6 share.
//!
//! A reason stands in `reason` of `google.rpc.ErrorInfo` (domain [`crate::ERROR_DOMAIN`]), beside the gRPC code that is
//! written here. A new one is a line here, one in PROTOCOL.md, and what the client says of it.

use core::fmt;

/// The gRPC codes that refusals have, with gRPC's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// no refusal that this version knows
    Unknown = 2,
    /// the message itself: repeating changes nothing
    InvalidArgument = 3,
    /// it is not there
    NotFound = 5,
    /// it is there, and is another
    AlreadyExists = 6,
    /// who asks has no right
    PermissionDenied = 7,
    /// a limit
    ResourceExhausted = 8,
    /// something has to come first
    FailedPrecondition = 9,
    /// past the end
    OutOfRange = 11,
    /// not now
    Unavailable = 14,
    /// no session
    Unauthenticated = 16,
}

impl Code {
    /// As gRPC counts them.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// Who is told a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// people's clients
    Clients,
    /// the registrar's counter alone
    Counter,
    /// the programs of public bodies
    Agencies,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal, $code:ident, $told:ident, $sentence:literal;)*) => {
        /// Why a call was refused. The names are the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
            /// What a newer relay says and this version does not know. Nobody sends it, and it has no name on the wire.
            Unknown,
        }
        impl Reason {
            /// All that are sent.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$reason),*];
            /// Its name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$reason => $name,)* Self::Unknown => "UNKNOWN" }
            }
            /// The gRPC code that comes with it.
            #[must_use]
            pub const fn code(self) -> Code {
                match self { $(Self::$reason => Code::$code,)* Self::Unknown => Code::Unknown }
            }
            /// Whom it is told.
            #[must_use]
            pub const fn told(self) -> Told {
                match self { $(Self::$reason => Told::$told,)* Self::Unknown => Told::Clients }
            }
            /// What the status says in words, for logs: nobody decides by it.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$reason => $sentence,)* Self::Unknown => "a reason that this version does not know" }
            }
        }
    };
}

reasons! {
    /// A field is outside its bound; metadata: field, bound, found.
    BadField = "BAD_FIELD", InvalidArgument, Clients, "a field is outside its bound";
    /// The channel's name is not the hash of its parameters.
    WrongName = "WRONG_NAME", InvalidArgument, Clients, "the name is not the hash of the parameters";
    /// A text is none of those that it may be; metadata: field, bound.
    BadValue = "BAD_VALUE", InvalidArgument, Counter, "a value is none of those that it may be";
    /// The account state does not verify; metadata: why.
    BadState = "BAD_STATE", InvalidArgument, Clients, "the account state is not taken";
    /// The national number is not one.
    BadRun = "BAD_RUN", InvalidArgument, Counter, "not a RUN, or its check digit is wrong";
    /// The blob's bytes are not what its header says.
    WrongDigest = "WRONG_DIGEST", InvalidArgument, Clients, "the bytes do not have the size or digest of the header";
    /// Unknown channel or blob, or wrong token.
    NotPermitted = "NOT_PERMITTED", PermissionDenied, Clients, "unknown name or wrong token";
    /// The login's proof is not good.
    LoginRefused = "LOGIN_REFUSED", PermissionDenied, Clients, "unknown account or device, old challenge or wrong signature";
    /// The invitation's code is unknown, used or expired.
    CodeRefused = "CODE_REFUSED", PermissionDenied, Clients, "the code is unknown, used or expired";
    /// The session is unknown or over: log in again.
    Session = "SESSION", Unauthenticated, Clients, "log in again";
    /// The stamp is missing, unknown or spent.
    StampRefused = "STAMP_REFUSED", FailedPrecondition, Clients, "an unspent stamp is needed";
    /// A seal lies behind `read_to`; metadata: seq. Read it first.
    Sealed = "SEALED", FailedPrecondition, Clients, "a seal was stored behind read_to: read up to it";
    /// `read_to` is too far behind the head; metadata: head. Read on first.
    CatchUp = "CATCH_UP", FailedPrecondition, Clients, "read_to is too far behind: read, then try again";
    /// An inbox takes no seals.
    NoSeals = "NO_SEALS", FailedPrecondition, Clients, "an inbox takes no seals";
    /// Only inboxes can do that.
    NotAnInbox = "NOT_AN_INBOX", FailedPrecondition, Clients, "a log cannot be changed";
    /// A seq past the head; metadata: head.
    Ahead = "AHEAD", OutOfRange, Clients, "past the head of the channel";
    /// The id or name is known with other bytes.
    Conflict = "CONFLICT", AlreadyExists, Clients, "known with other content";
    /// It is not this clerk's duty.
    NotHerDuty = "NOT_HER_DUTY", PermissionDenied, Counter, "it is not this clerk's duty";
    /// There is or was a clerk of this name or with this key.
    ClerkExists = "CLERK_EXISTS", AlreadyExists, Counter, "the name or the key is or was another clerk's";
    /// No such clerk, or none any more.
    NoClerk = "NO_CLERK", NotFound, Counter, "no such clerk";
    /// No such code, or it was used, or its time is over.
    NoCode = "NO_CODE", NotFound, Counter, "no such code, or it was used";
    /// A note is not signed by whom it must be, or is not of its form; metadata: why.
    BadNote = "BAD_NOTE", InvalidArgument, Clients, "the note is not taken";
    /// The account is no address for official notices: its person has designated none.
    NotDesignated = "NOT_DESIGNATED", FailedPrecondition, Clients, "the account is not designated for official notices";
    /// A sealed file of a notice is not stored, or not whole.
    NoBlob = "NO_BLOB", FailedPrecondition, Agencies, "a sealed file is not stored, or not whole";
    /// A public body of this code is enrolled.
    AgencyExists = "AGENCY_EXISTS", AlreadyExists, Counter, "a body of this code is enrolled";
    /// No such body, or none any more.
    NoAgency = "NO_AGENCY", NotFound, Counter, "no such body";
    /// The person has an account.
    HasAccount = "HAS_ACCOUNT", AlreadyExists, Counter, "the person has an account";
    /// Somebody else has this handle.
    HandleTaken = "HANDLE_TAKEN", AlreadyExists, Clients, "the handle belongs to another account";
    /// That entry is not stored, or gone; metadata: gone_through, head.
    NoEntry = "NO_ENTRY", NotFound, Clients, "not stored, or no longer kept";
    /// No such account.
    NoAccount = "NO_ACCOUNT", NotFound, Clients, "no such account";
    /// Its person takes a pause.
    Paused = "PAUSED", FailedPrecondition, Clients, "the account's person takes a pause";
    /// The account has no key package in this suite.
    NoKeyPackage = "NO_KEY_PACKAGE", NotFound, Clients, "no device has a key package in this suite";
    /// A quota or rate; metadata: limit (a name of [`crate::limits`]), value; wait for the retry info.
    Limit = "LIMIT", ResourceExhausted, Clients, "a limit was reached";
    /// The relay's store does not answer; metadata: why. Try again.
    StoreDown = "STORE_DOWN", Unavailable, Clients, "the relay cannot store just now: try again";
    /// The relay is about to end and begin again. Come back after the retry info.
    Stopping = "STOPPING", Unavailable, Clients, "the relay is stopping: attach again after the pause";
}

impl Reason {
    /// From its name on the wire.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_name_of_its_own_and_reads_back_from_it() {
        let names: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
            assert_ne!(reason, Reason::Unknown);
        }
        for other in ["SOMETHING_NEW", "sealed", "UNKNOWN", ""] {
            assert_eq!(Reason::parse(other), None, "{other}");
        }
    }
}
