//! The 22 events of ETSI EN 319 522, who may sign which, and the reasons of negative ones.

/// Before a name, it is the event's URI. Records are keyed on the name.
pub const URI: &str = "http://uri.etsi.org/19522/Event/";

/// Who signs a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signer {
    /// the relay
    Relay,
    /// a device of the recipient
    Device,
    /// the agency
    Agency,
    /// an officer at the agency's counter, with the agency's key
    Officer,
    /// the gateway that sends courtesy alerts
    Gateway,
}

macro_rules! events {
    ($($name:ident $sign:ident [$($who:ident)*] $doc:literal;)*) => {
        /// An event of the standard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Event { $(#[doc = $doc] $name),* }
        impl Event {
            /// All of them, in the standard's order.
            pub const ALL: [Event; 22] = [$(Event::$name),*];
            /// The standard's name.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Event::$name => stringify!($name)),* } }
            /// Who may sign a record of it. Nobody: it is computed, or Lacre has no such step.
            #[must_use]
            pub const fn signers(self) -> &'static [Signer] { match self { $(Event::$name => &[$(Signer::$who),*]),* } }
            /// Did something fail or was something refused? Then its record has a reason.
            #[must_use]
            pub const fn is_negative(self) -> bool { match self { $(Event::$name => events!(@ $sign)),* } }
        }
    };
    (@ bad) => { true };
    (@ good) => { false };
}

events! {
    SubmissionAcceptance good [Relay] "the relay took the sealed notice";
    SubmissionRejection bad [Relay] "the relay refused it";
    RelayAcceptance good [Relay] "another relay took it over";
    RelayRejection bad [Relay] "another relay refused it";
    RelayFailure bad [Relay] "it could not be handed to another relay";
    NotificationForAcceptance good [] "asks whether the person accepts delivery: Lacre does not ask";
    NotificationForAcceptanceFailure bad [] "asking failed: Lacre does not ask";
    ConsignmentAcceptance good [Device] "the person accepts delivery (no legal effect in Chile)";
    ConsignmentRejection bad [Device] "the person refuses (no legal effect in Chile)";
    AcceptanceRejectionExpiry bad [] "the person did not answer in time: Lacre does not ask";
    ContentConsignment good [] "it is in the casilla: computed from lookup, grant and receipt, never signed";
    ContentConsignmentFailure bad [] "it did not get into the casilla: computed, never signed";
    ConsignmentNotification good [Gateway] "a courtesy alert was sent";
    ConsignmentNotificationFailure bad [Gateway] "the alert could not be sent";
    NotificationDelivered good [Gateway] "the alert arrived";
    NotificationAccessTracking good [Gateway] "the alert was opened";
    ContentAccessTracking good [Device] "the person opened the notice";
    ContentHandover good [Device Officer] "a device of the person opened the envelope, or it was handed over in person";
    ContentHandoverFailure bad [Device] "the envelope does not open or does not match";
    RelayToNonERDS good [Agency] "sent by letter instead; with the reason post-office, received there";
    RelayToNonERDSFailure bad [Agency] "the letter came back";
    ReceivedFromNonERDS good [Agency] "something came back on paper";
}

impl Event {
    /// From the standard's URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let name = uri.strip_prefix(URI)?;
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
    /// Does a record of it speak against the delivery, or say that something went wrong? It changes no date; whoever shows
    /// records shows these first.
    #[must_use]
    pub const fn speaks_against(self) -> bool {
        self.is_negative() || matches!(self, Event::RelayToNonERDS | Event::ReceivedFromNonERDS)
    }
    /// Does the relay take back with it that it has the notice? Beside its receipt that is a contradiction.
    #[must_use]
    pub const fn takes_receipt_back(self) -> bool {
        matches!(self, Event::SubmissionRejection | Event::RelayRejection | Event::RelayFailure)
    }
    /// The standard's URI.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{URI}{}", self.name())
    }
}

macro_rules! reasons {
    ($($name:ident = $text:literal $doc:literal;)*) => {
        /// Why something failed; one of a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $doc] $name),* }
        impl Reason {
            /// All of them.
            pub const ALL: &'static [Reason] = &[$(Reason::$name),*];
            /// As it is written in a record.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Reason::$name => $text),* } }
            /// From a record.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { Self::ALL.iter().copied().find(|r| r.name() == text) }
        }
    };
}

reasons! {
    NotPermitted = "not-permitted" "the channel is unknown or the token wrong";
    OverLimit = "over-limit" "a limit of the relay";
    Outage = "outage" "a system was down";
    DoesNotOpen = "does-not-open" "the envelope does not open with the notice key";
    DoesNotMatch = "does-not-match" "sealed again, or hashed, it gives other bytes";
    NoAlertAddress = "no-alert-address" "the person gave no address for alerts";
    AlertRefused = "alert-refused" "the alert's carrier refused it";
    PersonRefuses = "person-refuses" "the person does not want it";
    NotMe = "not-me" "it is for another person";
    InPerson = "in-person" "handed over at a counter: an officer's ContentHandover, and nothing else";
    PostOffice = "post-office" "the post office that delivers has the letter: an agency's RelayToNonERDS, and nothing else";
    LetterReturned = "letter-returned" "the post brought the letter back";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_uri_of_its_own_that_reads_back() {
        for e in Event::ALL {
            assert_eq!(Event::from_uri(&e.uri()), Some(e));
        }
        assert_eq!(Event::from_uri("http://uri.etsi.org/19522/Event/Submission"), None);
        assert_eq!(Event::from_uri("SubmissionAcceptance"), None);
    }
}
