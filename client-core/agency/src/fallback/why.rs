//! Why somebody is not reached electronically, and which ways are left.
//!
//! | why | ways | source |
//! |---|---|---|
//! | exempt by law | counter, certified letter | Ley 19.880 art. 46; Decreto 4/2020 arts. 28 to 33 |
//! | no address designated, paused or left | certified letter, counter | Ley 19.880 art. 46; Decreto 4/2020 art. 25; Decreto 8/2023 art. 15 |
//! | closed since the registrar answered | certified letter, counter | the same |
//! | legal person, minor | whoever represents her: whom an official must find out | none that this program holds |
//! | dead | nobody: a notice to the dead has no effect | none that this program holds |
//! | the registrar's answer was too old | send again: nobody said that she cannot be reached | PROTOCOL.md 24 |

use crate::deliver::TOO_LATE;
use crate::dispatch::{Dispatch, Stage};
use lacre_evidence::ExemptReason;

/// Why a notice reached nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// the registrar said: electronic notices take no effect for her
    Exempt(ExemptReason),
    /// the registrar said: she has designated no account, has paused or has left
    NoAccount,
    /// the relay refused it: she paused or left after the registrar had answered
    ClosedSince,
    /// it was not delivered within an hour of the registrar's answer
    TooLate,
}

/// A way that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// handed over in person
    Counter,
    /// a certified letter
    Letter,
    /// to whoever represents her by law
    Representative,
    /// to nobody: an official decides
    Nobody,
    /// electronically, once more
    SendAgain,
}

impl Route {
    /// As programs read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Route::Counter => "counter",
            Route::Letter => "letter",
            Route::Representative => "representative",
            Route::Nobody => "nobody",
            Route::SendAgain => "send-again",
        }
    }
}

impl Why {
    /// Of a notice that was tried; none of one that is under way or was sent.
    #[must_use]
    pub fn of(row: &Dispatch) -> Option<Self> {
        match row.stage {
            Stage::Prepared | Stage::Sent => None,
            Stage::Otherwise => Some(match ExemptReason::ALL.into_iter().find(|reason| reason.name() == row.reason) {
                Some(reason) => Why::Exempt(reason),
                None => Why::NoAccount,
            }),
            Stage::Refused => {
                let answer = row.kept.as_ref().map(|kept| kept.answer.as_str()).filter(|answer| !answer.is_empty());
                let exempt = ExemptReason::ALL.into_iter().find(|reason| Some(reason.name()) == answer);
                Some(match exempt {
                    // it closed because of that, and the ways are others
                    Some(reason) => Why::Exempt(reason),
                    None if row.reason != TOO_LATE => Why::ClosedSince,
                    // by now somebody says that she cannot be reached
                    None if answer.is_some() => Why::NoAccount,
                    None => Why::TooLate,
                })
            }
        }
    }

    /// As programs read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Why::Exempt(reason) => reason.name(),
            Why::NoAccount => "no-account",
            Why::ClosedSince => "closed-since",
            Why::TooLate => "too-late",
        }
    }

    /// The ways that are left, the usual one first.
    #[must_use]
    pub const fn routes(self) -> &'static [Route] {
        match self {
            Why::Exempt(ExemptReason::Law) => &[Route::Counter, Route::Letter],
            Why::NoAccount | Why::ClosedSince => &[Route::Letter, Route::Counter],
            Why::Exempt(ExemptReason::LegalPerson | ExemptReason::Minor) => &[Route::Representative],
            Why::Exempt(ExemptReason::Dead) => &[Route::Nobody],
            Why::TooLate => &[Route::SendAgain],
        }
    }

    /// Where the law says so; none where this program holds no source, and an official must ask.
    #[must_use]
    pub const fn law(self) -> Option<&'static str> {
        match self {
            Why::Exempt(ExemptReason::Law) => Some("Ley 19.880 art. 46; Decreto 4/2020 arts. 28-33"),
            Why::NoAccount | Why::ClosedSince => Some("Ley 19.880 art. 46; Decreto 4/2020 art. 25; Decreto 8/2023 art. 15"),
            Why::Exempt(ExemptReason::LegalPerson | ExemptReason::Minor | ExemptReason::Dead) | Why::TooLate => None,
        }
    }
}
